"""All path templates for one pair, warm, on both engines; the evidence itself beside them."""

from __future__ import annotations

from benchmarks.measuring import Context, Row, median_seconds
from kedrec.evidence.retrieval import retrieve
from kedrec.loading import load_graph
from kedrec.ranking import Ranker
from kedrec.settings import Settings, load_settings
from kedrec.stores import open_store, path_templates
from kedrec.types import Entity
from tests.neo4j_server import serving

PAIR = (
    Entity(id="DRUGBANK:DB00563", kind="Drug", name="Methotrexate"),
    Entity(id="DOID:7148", kind="Disease", name="rheumatoid arthritis"),
)


def measure(context: Context) -> list[Row]:
    """Two rows an engine, on Hetionet and DrugMechDB."""
    rows = _rows(context, str(context.work / "graph"), load_settings(home=context.work), "embedded", "60 ms")
    with serving(context.work / "server") as server:
        settings = load_settings(
            home=context.work, neo4j_username=server.username, neo4j_password=server.password
        )
        rows += _rows(context, server.uri, settings, "Neo4j", "150 ms")
    return rows


def _rows(context: Context, url: str, settings: Settings, name: str, goal: str) -> list[Row]:
    with open_store(url, settings, read_only=False) as store:
        load_graph(
            store, ["hetionet", "drugmechdb"], data_dir=context.data, work_dir=context.work / "loading"
        )
    with open_store(url, settings) as store:
        ranker = Ranker.open(store, settings.cache_dir)
        drug, disease = PAIR

        def evidence() -> None:
            retrieve(store, ranker, drug, disease, k=8)

        def one(template: str) -> None:
            store.run(f"paths/{template}", {"drug": drug.id, "disease": disease.id, "via": [], "limit": 1})

        simplest = "drug-binds-gene-disease"
        whole = median_seconds(evidence, context.runs * 2, warm_up=3) * 1000
        single = median_seconds(lambda: one(simplest), context.runs * 2, warm_up=3) * 1000
    label = f"evidence of one pair from all {len(path_templates())} templates, warm, {name}"
    return [Row(label, whole, single, f"one query, {simplest}", goal, unit="ms")]
