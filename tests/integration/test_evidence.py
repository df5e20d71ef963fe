"""The evidence of the starter graph in the embedded database: templates, matrices and answers agree."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from weakref import WeakKeyDictionary

import pytest

from kedrec.errors import NotFoundError
from kedrec.evidence.pair_evidence import PairEvidence, retrieve
from kedrec.ranking import Ranker
from kedrec.ranking.adjacency import Adjacency, read_adjacency
from kedrec.ranking.best_paths import best_paths
from kedrec.ranking.metapaths import schema_tables
from kedrec.schema import load_schema
from kedrec.stores.ladybug import LadybugStore
from kedrec.stores.templates import path_templates
from kedrec.types import Entity


@pytest.fixture(scope="module")
def store(starter_home: Path) -> LadybugStore:
    """The starter graph."""
    return LadybugStore(starter_home / "graph")


@pytest.fixture(scope="module")
def ranker(store: LadybugStore, starter_home: Path) -> Ranker:
    return Ranker.open(store, starter_home / "cache")


@pytest.fixture(scope="module")
def names(store: LadybugStore) -> dict[str, Entity]:
    """Drugs and diseases by name."""
    found = {}
    for kind in ("Drug", "Disease"):
        table = store.nodes(kind, ["id", "name"])
        for id_, name in zip(table["id"].to_pylist(), table["name"].to_pylist(), strict=True):
            found[name] = Entity(id=id_, kind=kind, name=name)
    return found


@pytest.fixture(scope="module")
def treated(store: LadybugStore) -> list[tuple[str, str]]:
    """Every known treatment of the graph."""
    batches = store.edges("TREATS", "Drug", "Disease", ["start", "end"])
    return sorted(
        {pair for batch in batches for pair in zip(*(c.to_pylist() for c in batch.columns), strict=True)}
    )


def test_each_template_finds_the_paths_that_the_matrices_count(
    store: LadybugStore, ranker: Ranker, treated: list[tuple[str, str]]
) -> None:
    adjacency, compared = ranker.adjacency, set()
    harmful = store.edges("CONTRAINDICATED_FOR", "Drug", "Disease", ["start", "end"])
    pairs = [
        *treated,
        *(pair for b in harmful for pair in zip(*(c.to_pylist() for c in b.columns), strict=True)),
    ]
    for template in path_templates():
        columns = [f"{variable}_id" for variable in template.node_variables]
        assert store.run(f"paths/{template.name}", {"drug": "", "disease": "", "via": [], "limit": 9}) == []
        for drug, disease in pairs:
            numbers = adjacency.number("Drug", drug), adjacency.number("Disease", disease)
            found = best_paths(adjacency, template, numbers[0], numbers[1], 10_000)  # type: ignore[arg-type]
            if found is None:
                continue
            asked = {"drug": drug, "disease": disease, "via": [], "limit": 10_000}
            rows = store.run(f"paths/{template.name}", asked)
            paths = {tuple(row[column] for column in columns) for row in rows}
            assert paths == {(drug, *path, disease) for path in found.paths}, template.name
            assert len(rows) == len(paths) == found.count
            assert len(store.run(f"paths/{template.name}", asked | {"limit": 1})) == 1
            via = list(found.paths[0])
            kept = store.run(f"paths/{template.name}", asked | {"via": via})
            assert (drug, *via, disease) in {tuple(row[column] for column in columns) for row in kept}
            assert len(kept) <= len(rows)
            compared.add(template.name)
            break
    assert len(compared) >= 25, sorted(compared)


def check(found: PairEvidence) -> None:
    """What holds of any pair's evidence."""
    relations = load_schema().relations
    for letter, stance, items in (("P", "supports", found.evidence), ("A", "adverse", found.adverse)):
        assert [item.id for item in items] == [f"{letter}{place}" for place in range(1, len(items) + 1)]
        assert [item.score for item in items] == sorted((item.score for item in items), reverse=True)
        assert sum(item.score for item in items) == pytest.approx(1 if items else 0)
        for item in items:
            path = item.path
            assert path is not None
            assert item.stance == stance
            assert item.sources
            assert item.licences
            assert item.links
            assert path.nodes[0].id == found.drug.id
            assert path.nodes[-1].id == found.disease.id
            assert len({(node.kind, node.id) for node in path.nodes}) == len(path.nodes)
            assert all(node.name in item.sentence for node in path.nodes)
            for place, step in enumerate(path.steps):
                ends = (path.nodes[place].id, path.nodes[place + 1].id)
                for edge in step.edges:
                    assert edge.relation == step.relation
                    stored = (edge.start, edge.end) if step.forward else (edge.end, edge.start)
                    assert stored == ends or (relations[step.relation].symmetric and stored == ends[::-1])
                    assert (edge.relation, edge.start, edge.end) != (
                        "TREATS",
                        found.drug.id,
                        found.disease.id,
                    )


def test_the_evidence_of_known_treatments_is_whole_and_never_the_treatment_itself(
    store: LadybugStore, ranker: Ranker, names: dict[str, Entity], treated: list[tuple[str, str]]
) -> None:
    by_id = {entity.id: entity for entity in names.values()}
    seen = 0
    for drug, disease in treated[::25]:
        found = retrieve(store, ranker, by_id[drug], by_id[disease], k=5)
        check(found)
        assert len(found.evidence) <= 5
        assert bool(found.evidence) <= bool(found.paths)
        assert found.metapaths <= found.paths
        seen += bool(found.evidence)
    assert seen > 15


def test_the_mechanism_comes_first(store: LadybugStore, ranker: Ranker, names: dict[str, Entity]) -> None:
    found = retrieve(store, ranker, names["ivacaftor"], names["cystic fibrosis"])
    first = found.evidence[0]
    assert first.path is not None
    assert [node.name for node in first.path.nodes] == ["ivacaftor", "CFTR", "cystic fibrosis"]
    assert first.sentence == "ivacaftor positively modulates CFTR, which when changed causes cystic fibrosis"
    assert first.sources == ("starter",)


def test_contraindications_count_also_for_kinds_of_a_disease(
    store: LadybugStore, ranker: Ranker, names: dict[str, Entity]
) -> None:
    by_id = {entity.id: entity for entity in names.values()}
    direct = inherited = 0
    for batch in store.edges("CONTRAINDICATED_FOR", "Drug", "Disease", ["start", "end"]):
        for drug, disease in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            found = retrieve(store, ranker, by_id[drug], by_id[disease], k=3)
            check(found)
            assert found.adverse[0].path is not None
            assert found.adverse[0].path.template == "contraindicated-for-disease"
            direct += 1
            for below in store.edges("IS_A", "Disease", "Disease", ["start", "end"]):
                kinds = [
                    a for a, b in zip(*(c.to_pylist() for c in below.columns), strict=True) if b == disease
                ]
                for kind in kinds[:1]:
                    adverse = retrieve(store, ranker, by_id[drug], by_id[kind], k=3).adverse
                    assert any("contraindicated in" in item.sentence for item in adverse)
                    inherited += 1
    assert direct > 20
    assert inherited > 0


def test_asking_again_gives_the_same(store: LadybugStore, ranker: Ranker, names: dict[str, Entity]) -> None:
    pair = names["metformin"], names["type 2 diabetes mellitus"]
    assert retrieve(store, ranker, *pair) == retrieve(store, ranker, *pair)


def test_more_pairs_than_are_kept_have_the_same_evidence(
    store: LadybugStore, ranker: Ranker, names: dict[str, Entity], monkeypatch: pytest.MonkeyPatch
) -> None:
    diseases = [names[name] for name in ("type 2 diabetes mellitus", "cystic fibrosis", "hypertension")]
    pairs = [(names[drug], disease) for drug in ("metformin", "ivacaftor") for disease in diseases]
    found = [retrieve(store, ranker, *pair) for pair in pairs]
    monkeypatch.setattr("kedrec.evidence.node_edges._MOST_ROWS", 2)
    monkeypatch.setattr("kedrec.evidence.node_edges._edges", WeakKeyDictionary())
    monkeypatch.setattr("kedrec.evidence.pair_evidence._caches", WeakKeyDictionary())
    assert [retrieve(store, ranker, *pair) for pair in pairs] == found


def test_what_is_remembered_of_a_graph_goes_with_it(
    store: LadybugStore, ranker: Ranker, names: dict[str, Entity]
) -> None:
    view = Adjacency(read_adjacency(store, schema_tables()))
    pair = names["metformin"], names["type 2 diabetes mellitus"]
    assert retrieve(store, ranker, *pair, adjacency=view).evidence
    seen = weakref.ref(view)
    del view
    gc.collect()
    assert seen() is None


def test_more_evidence_only_adds(store: LadybugStore, ranker: Ranker, names: dict[str, Entity]) -> None:
    pair = names["metformin"], names["type 2 diabetes mellitus"]
    sentences = [{item.sentence for item in retrieve(store, ranker, *pair, k=k).evidence} for k in (1, 3, 6)]
    assert [len(found) for found in sentences] == [1, 3, 6]
    assert sentences[0] <= sentences[2]


def test_an_id_of_another_kind_or_none_is_refused(
    store: LadybugStore, ranker: Ranker, names: dict[str, Entity]
) -> None:
    drug, disease = names["metformin"], names["cystic fibrosis"]
    with pytest.raises(NotFoundError, match="no Drug"):
        retrieve(store, ranker, disease, disease)
    with pytest.raises(NotFoundError, match="no Disease"):
        retrieve(store, ranker, drug, Entity(id='x"}) DETACH DELETE n //', kind="Disease", name="x"))


def test_the_ranking_puts_known_treatments_high_and_is_read_from_its_cache(
    store: LadybugStore, ranker: Ranker, names: dict[str, Entity], starter_home: Path
) -> None:
    assert ranker.fitted
    assert ranker.metrics["unseen"]["auroc"] > 0.8
    ranked = ranker.rank(names["cystic fibrosis"].id)
    places = [place for place, pair in enumerate(ranked, 1) if pair.known]
    assert places
    assert min(places) <= 3
    told: list[str] = []
    again = Ranker.open(
        store, starter_home / "cache", progress=lambda stage, _done, _total: told.append(stage)
    )
    assert told == []
    assert [pair.score for pair in again.rank(names["cystic fibrosis"].id)] == [pair.score for pair in ranked]
