"""The evidence of one pair, warm: every template that has paths, and their edges, over one simple query."""

from __future__ import annotations

from benchmarks.measuring import Context, Row, median_seconds
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


def measure(context: Context) -> list[Row]:
    """One row, on Hetionet in the embedded database. `neo4j_load` has the server's."""
    settings = load_settings(home=context.work)
    with open_store(settings.graph_url, settings, read_only=False) as store:
        load_graph(store, ["hetionet"], data_dir=context.data, work_dir=context.work / "loading")
    return [row(context, settings.graph_url, settings, "embedded", "60 ms")]


def row(context: Context, url: str, settings: Settings, name: str, goal: str) -> Row:
    """The figure for a loaded graph."""
    drug, disease = PAIR
    simplest = "drug-binds-gene-disease"
    with open_store(url, settings) as store:
        ranker = Ranker.open(store, settings.cache_dir)
        parameters = {"drug": drug.id, "disease": disease.id, "via": [], "limit": 1}
        whole = median_seconds(
            lambda: retrieve(store, ranker, drug, disease, k=8), context.runs * 2, warm_up=3
        )
        single = median_seconds(
            lambda: store.run(f"paths/{simplest}", parameters), context.runs * 2, warm_up=3
        )
    label = f"evidence of one pair from all {len(path_templates())} templates, warm, {name}"
    return Row(label, whole * 1000, single * 1000, f"one query, {simplest}", goal, unit="ms")
