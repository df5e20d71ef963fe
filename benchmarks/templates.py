"""Warm retrieval of one pair's evidence from all templates, against one simple query."""

from __future__ import annotations

from benchmarks.measuring import BenchmarkContext, Row, median_seconds
from kedrec.evidence.pair_evidence import retrieve
from kedrec.loading import load_graph
from kedrec.ranking import Ranker
from kedrec.settings import Settings, load_settings
from kedrec.stores import open_store, path_templates
from kedrec.types import Entity

PAIR = (
    Entity(id="DRUGBANK:DB00563", kind="Drug", name="Methotrexate"),
    Entity(id="DOID:7148", kind="Disease", name="rheumatoid arthritis"),
)


def measure(context: BenchmarkContext) -> list[Row]:
    """Measures it on Hetionet in the embedded database; `neo4j_load` does so on the server."""
    settings = load_settings(home=context.work, graph=str(context.work / "graph"))
    with open_store(settings.graph_url, settings, read_only=False) as store:
        load_graph(store, ["hetionet"], data_dir=context.data, work_dir=context.work / "loading")
    return [evidence_row(context, settings.graph_url, settings, "embedded", "60 ms")]


def evidence_row(context: BenchmarkContext, url: str, settings: Settings, name: str, goal: str) -> Row:
    """Measures it on a loaded graph."""
    drug, disease = PAIR
    simplest = "drug-binds-gene-disease"
    with open_store(url, settings) as store:
        ranker = Ranker.open(store, settings.cache_dir)
        parameters = {"drug": drug.id, "disease": disease.id, "via": [], "limit": 1}
        all_templates = median_seconds(
            lambda: retrieve(store, ranker, drug, disease, k=8), context.runs * 2, warm_up=3
        )
        single_query = median_seconds(
            lambda: store.run(f"paths/{simplest}", parameters), context.runs * 2, warm_up=3
        )
    label = f"evidence of one pair from all {len(path_templates())} templates, warm, {name}"
    return Row(label, all_templates * 1000, single_query * 1000, f"one query, {simplest}", goal, unit="ms")
