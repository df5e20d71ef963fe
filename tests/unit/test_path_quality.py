"""Likeness of paths to curated mechanisms, on a graph of which everything is known by hand.

Curators drew drug 0 - gene 0 - process 0 - disease 0, and the same for drug 1 with a detour. Another source
has both drugs bind gene 0, gene 0 interact with gene 1, and gene 1 associated with disease 0.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import yaml
from listed_graph import Link, ListedGraph

from kedrec.evaluation.mechanism_recall import best_rank, evaluate, random_order_chances
from kedrec.evaluation.path_cases import DEFINITIONS, indication_cases
from kedrec.evaluation.path_fit import fit
from kedrec.evaluation.path_learning import fitted_weights_yaml
from kedrec.evidence.breadth import Breadths
from kedrec.evidence.chains import CHAIN, Mechanisms, chains_of
from kedrec.evidence.mechanisms import GraphWithoutIndication, Indication, read_indications
from kedrec.evidence.path_features import FEATURES, GeneFacts, gene_facts
from kedrec.evidence.path_pool import Pool, pool_of
from kedrec.evidence.scoring import diverse_paths, load_weights, path_scores
from kedrec.ranking.adjacency import Adjacency, read_adjacency
from kedrec.ranking.metapaths import schema_tables
from kedrec.stores.templates import path_templates

SUPPORTING = [template for template in path_templates() if template.stance == "supports"]
NO_FACTS = GeneFacts({}, {})


def mechanism(name: str, *links: tuple[str, str, str]) -> list[Link]:
    return [
        (relation, start.partition(":")[0], end.partition(":")[0], start, end, "drugmechdb", (name,))
        for relation, start, end in links
    ]


def plain(relation: str, start: str, end: str) -> Link:
    return (relation, start.partition(":")[0], end.partition(":")[0], start, end, "hetionet", ())


class Graph(ListedGraph):
    """A listed graph whose treatments by curators are indications."""

    def edges(
        self,
        relation: str,
        start_kind: str,
        end_kind: str,
        columns: list[str],
        sources: list[str] | None = None,
    ) -> list[pa.RecordBatch]:
        known = [column for column in columns if column not in {"evidence", "action"}]
        batches = []
        for batch in super().edges(relation, start_kind, end_kind, known, sources):
            words = pa.array(["indication" if relation == "TREATS" else ""] * len(batch), pa.string())
            fields = {name: batch.column(name) for name in known} | {"evidence": words, "action": words}
            batches.append(pa.record_batch([fields[name] for name in columns], names=columns))
        return batches


LINKS = [
    *mechanism(
        "m0",
        ("TREATS", "Drug:0", "Disease:0"),
        ("AFFECTS", "Drug:0", "Gene:0"),
        ("AFFECTS", "Gene:0", "BiologicalProcess:0"),
        ("CORRELATED_WITH", "BiologicalProcess:0", "Disease:0"),
    ),
    *mechanism(
        "m1",
        ("TREATS", "Drug:1", "Disease:0"),
        ("AFFECTS", "Drug:1", "Gene:0"),
        ("AFFECTS", "Gene:0", "BiologicalProcess:0"),
        ("AFFECTS", "Gene:0", "BiologicalProcess:1"),
        ("AFFECTS", "BiologicalProcess:1", "BiologicalProcess:0"),
        ("CORRELATED_WITH", "BiologicalProcess:0", "Disease:0"),
    ),
    plain("BINDS", "Drug:0", "Gene:0"),
    plain("BINDS", "Drug:1", "Gene:0"),
    plain("BINDS", "Drug:1", "Gene:2"),
    plain("INTERACTS_WITH", "Gene:0", "Gene:1"),
    plain("INTERACTS_WITH", "Gene:1", "Gene:2"),
    plain("ASSOCIATED_WITH", "Disease:0", "Gene:1"),
]
SIZES = {"Drug": 2, "Disease": 1, "Gene": 3, "BiologicalProcess": 2}
STORE: Any = Graph(LINKS, SIZES)
TREATS = ("TREATS", "Drug", "Disease")
AFFECTS = ("AFFECTS", "Drug", "Gene")
ONWARD = ("AFFECTS", "Gene", "BiologicalProcess")


@pytest.fixture(scope="module")
def whole() -> Adjacency:
    return Adjacency(read_adjacency(STORE, schema_tables()))


@pytest.fixture(scope="module")
def indications() -> list[Indication]:
    return read_indications(STORE)


def linked(adjacency: Adjacency, table: tuple[str, str, str]) -> list[tuple[int, int]]:
    links = adjacency.incidence(table)
    ahead = [(start, int(end)) for start in range(len(links.degrees))
             for end in links.indices[links.indptr[start] : links.indptr[start + 1]]]  # fmt: skip
    back = [(int(start), end) for end in range(len(links.back_degrees))
            for start in links.back_indices[links.back_indptr[end] : links.back_indptr[end + 1]]]  # fmt: skip
    assert sorted(back) == ahead
    return ahead


def test_a_mechanism_is_read_as_its_paths(indications: list[Indication]) -> None:
    gene, first, second = ("Gene", "Gene:0"), ("BiologicalProcess", "BiologicalProcess:0"), (
        "BiologicalProcess", "BiologicalProcess:1")  # fmt: skip
    assert [(one.drug, one.disease) for one in indications] == [
        ("Drug:0", "Disease:0"),
        ("Drug:1", "Disease:0"),
    ]
    assert indications[0].paths == {(gene, first)}
    assert indications[1].paths == {(gene, first), (gene, second, first)}
    assert indications[0].nodes == {gene, first}
    assert indications[0].targets == {gene}
    assert indications[0].min_nodes == 2
    assert indications[0].matches((gene, first))
    assert not indications[0].matches((gene,))
    assert not indications[0].matches((gene, second))


def test_only_what_no_one_else_states_is_hidden_with_an_indication(
    whole: Adjacency, indications: list[Indication]
) -> None:
    view = GraphWithoutIndication(whole, indications[0], every=False)
    assert linked(view, AFFECTS) == [(1, 0)]
    assert linked(view, ONWARD) == [(0, 0), (0, 1)]  # the other mechanism has both
    assert linked(view, TREATS) == [(1, 0)]
    assert linked(view, ("BINDS", "Drug", "Gene")) == [(0, 0), (1, 0), (1, 2)]
    assert view.mechanisms(ONWARD, 0, 0) == {int(whole.mechanisms(TREATS, 1, 0).pop())}
    assert not view.mechanisms(AFFECTS, 0, 0)
    other = GraphWithoutIndication(whole, indications[1], every=False)
    assert linked(other, AFFECTS) == [(0, 0)]
    assert linked(other, ONWARD) == [(0, 0)]


def test_nothing_that_only_curators_state_is_left_where_all_is_hidden(
    whole: Adjacency, indications: list[Indication]
) -> None:
    view = GraphWithoutIndication(whole, indications[0], every=True)
    for table in (AFFECTS, ONWARD, TREATS, ("CORRELATED_WITH", "BiologicalProcess", "Disease")):
        assert linked(view, table) == []
        assert not view.has_mechanisms(table)
        assert len(view.mechanism_links(table)[0]) == 0
    assert linked(view, ("BINDS", "Drug", "Gene")) == [(0, 0), (1, 0), (1, 2)]
    assert not view.are_linked(("Gene", "Gene:0"), ("BiologicalProcess", "BiologicalProcess:0"))
    assert view.are_linked(("Gene", "Gene:1"), ("Gene", "Gene:0"))
    assert chains_of(view, Mechanisms(whole), 0, 0, 10) == []


def test_another_drugs_mechanism_is_begun_with_this_drug(
    whole: Adjacency, indications: list[Indication]
) -> None:
    view = GraphWithoutIndication(whole, indications[0], every=False)
    chains = chains_of(view, Mechanisms(whole), 0, 0, 10)
    assert [(chain.nodes, chain.mechanism_count, chain.own) for chain in chains] == [
        ((0, 0, 0, 0), 1, False),
        ((0, 0, 1, 0, 0), 1, False),
    ]
    assert [hop.relation for hop in chains[0].hops] == ["BINDS", "AFFECTS", "CORRELATED_WITH"]
    assert chains_of(view, Mechanisms(whole), 0, 0, 1) == chains[:1]


def test_a_pairs_own_mechanism_comes_first_as_it_stands(whole: Adjacency) -> None:
    first = chains_of(whole, Mechanisms(whole), 0, 0, 10)[0]
    assert first.own
    assert first.nodes == (0, 0, 0, 0)
    assert [hop.relation for hop in first.hops] == ["AFFECTS", "AFFECTS", "CORRELATED_WITH"]
    pool = pool_of(whole, Mechanisms(whole), SUPPORTING, NO_FACTS, (0, 0), breadths=Breadths(whole), most=10)
    best = next(diverse_paths(pool, path_scores(pool, load_weights())))
    assert pool.own[best]
    assert pool.ids(whole, best) == ("Gene:0", "BiologicalProcess:0")


def test_a_mechanism_drawn_against_its_links_is_walked_as_it_was_drawn() -> None:
    # "the activity is caused by the pathway", stored from pathway to activity
    links = mechanism(
        "m0",
        ("TREATS", "Drug:0", "Disease:0"),
        ("AFFECTS", "Drug:0", "BiologicalProcess:0"),
        ("CAUSES", "Pathway:0", "BiologicalProcess:0"),
        ("CORRELATED_WITH", "Pathway:0", "Disease:0"),
    )
    store: Any = Graph(links, {"Drug": 1, "Disease": 1, "BiologicalProcess": 1, "Pathway": 1})
    (indication,) = read_indications(store)
    assert indication.paths == {(("BiologicalProcess", "BiologicalProcess:0"), ("Pathway", "Pathway:0"))}
    adjacency = Adjacency(read_adjacency(store, schema_tables()))
    (chain,) = chains_of(adjacency, Mechanisms(adjacency), 0, 0, 10)
    assert (chain.own, chain.nodes) == (True, (0, 0, 0, 0))
    assert [hop.forward for hop in chain.hops] == [True, False, True]


def test_a_mechanism_that_leads_to_its_disease_is_walked_along_its_links_alone() -> None:
    links = mechanism(
        "m0",
        ("TREATS", "Drug:0", "Disease:0"),
        ("AFFECTS", "Drug:0", "Gene:0"),
        ("AFFECTS", "Gene:0", "BiologicalProcess:0"),
        ("CORRELATED_WITH", "BiologicalProcess:0", "Disease:0"),
        ("AFFECTS", "Drug:0", "Gene:1"),  # a side effect of the disease, which leads nowhere
        ("AFFECTS", "BiologicalProcess:0", "Gene:1"),
    )
    store: Any = Graph(links, {"Drug": 1, "Disease": 1, "Gene": 2, "BiologicalProcess": 1})
    (indication,) = read_indications(store)
    assert indication.paths == {(("Gene", "Gene:0"), ("BiologicalProcess", "BiologicalProcess:0"))}
    adjacency = Adjacency(read_adjacency(store, schema_tables()))
    assert [chain.nodes for chain in chains_of(adjacency, Mechanisms(adjacency), 0, 0, 10)] == [(0, 0, 0, 0)]


def test_the_same_nodes_are_one_path(whole: Adjacency) -> None:
    pool = pool_of(whole, Mechanisms(whole), SUPPORTING, NO_FACTS, (0, 0), breadths=Breadths(whole), most=10)
    nodes = [(pool.shapes[pool.shape[path]], pool.ids(whole, path)) for path in range(len(pool))]
    assert len(set(nodes)) == len(nodes)
    path = nodes.index((("Gene", "BiologicalProcess"), ("Gene:0", "BiologicalProcess:0")))
    names = [*(template.name for template in SUPPORTING), CHAIN]
    along = {names[number] for number in pool.member_template[pool.member_path == path]}
    assert along == {CHAIN, "drug-affects-gene-process-disease", "drug-binds-gene-drives-process-disease"}
    ones = np.ones(len(names))
    assert pool.scores(np.zeros(len(FEATURES)), ones)[path] == pytest.approx(3)


def test_facts_tell_a_target_from_what_breaks_the_drug_down() -> None:
    def row(gene: str, evidence: str, action: str = "") -> dict[str, Any]:
        return {"relation": "BINDS", "end_id": gene, "edge": {"evidence": evidence, "action": action}}

    facts = gene_facts(
        [row("a", "DrugBank (target); inhibitor", "inhibitor"), row("b", "DrugBank (enzyme)"), row("c", ""),
         row("d", "DrugBank (carrier)"), row("d", "DrugBank (target)")],
        [row("x", "DISEASES, GWAS Catalog"), row("y", "")],
    )  # fmt: skip
    assert facts.targets == {
        "a": (True, False, True),
        "b": (False, True, False),
        "c": (False, False, False),
        "d": (True, False, False),
    }
    assert facts.sources == {"x": 2, "y": 1}


def test_where_equals_stand_in_random_order_the_chances_are_exact() -> None:
    one = random_order_chances(np.zeros(4), np.array([False, True, False, False]))
    assert one == pytest.approx([0.25] * 4)
    two = random_order_chances(np.zeros(3), np.array([True, True, False]))
    assert two == pytest.approx([2 / 3, 1 / 3, 0])
    after = random_order_chances(np.array([2.0, 1.0, 1.0]), np.array([False, True, False]))
    assert after == pytest.approx([0, 0.5, 0.5])
    assert random_order_chances(np.zeros(2), np.zeros(2, bool)).sum() == 0


def test_ranks_and_equal_scores(whole: Adjacency) -> None:
    pool = pool_of(whole, Mechanisms(whole), SUPPORTING, NO_FACTS, (0, 0), breadths=Breadths(whole), most=10)
    scores = np.arange(len(pool), dtype=float)
    last = np.zeros(len(pool), bool)
    last[0] = True
    assert best_rank(pool, scores, last) == len(pool)
    assert best_rank(pool, scores, ~last) == 1
    assert best_rank(pool, scores, np.zeros(len(pool), bool)) == float("inf")


def test_what_can_be_found_and_what_is_found() -> None:
    cases = indication_cases(STORE)
    told = {(case.setting, case.indication.drug): case for case in cases}
    assert {key: case.reachable for key, case in told.items() if key[0] == "all hidden"} == {
        ("all hidden", drug): dict.fromkeys(DEFINITIONS, False) for drug in ("Drug:0", "Drug:1")
    }
    assert told["own hidden", "Drug:0"].reachable == dict.fromkeys(DEFINITIONS, True)
    assert told["own hidden", "Drug:1"].reachable == dict.fromkeys(DEFINITIONS, True)
    assert told["own hidden", "Drug:0"].matching["exact"].sum() == 1
    assert not told["all hidden", "Drug:1"].matching["nodes"].any()
    qualities, found = evaluate(cases, seed=1)
    figures = {(one.setting, one.definition, one.method): one for one in qualities}
    random = figures["own hidden", "exact", "random path"]
    expected = np.mean([1 / len(told["own hidden", drug].pool) for drug in ("Drug:0", "Drug:1")])
    assert random.hits[1].value == pytest.approx(expected)
    assert random.reachable == random.indications == 2
    assert random.hits[50].value == pytest.approx(1)
    assert figures["all hidden", "exact", "random path"].hits_of_all[50].value == 0
    assert {one.setting for one in found} == {"all hidden", "own hidden"}
    assert evaluate(cases, seed=1) == (qualities, found)


def test_weights_are_learned_from_what_is_drawn_and_can_be_read_again() -> None:
    cases = [case for case in indication_cases(STORE) if case.matching["exact"].any()]
    drawn: list[tuple[Pool, np.ndarray[Any, np.dtype[np.bool_]], float]] = [
        (case.pool, case.matching["exact"], 1.0) for case in cases
    ]
    weights = fit(drawn, len(SUPPORTING) + 1)
    for pool, curated, _ in drawn:
        assert best_rank(pool, pool.scores(weights.numeric, weights.templates), curated) == 1
    assert not fit([], 3).templates.any()
    stored = yaml.safe_load(fitted_weights_yaml(cases, {"graph": "by hand"}))
    assert stored["fitted"]["graph"] == "by hand"
    assert set(stored["features"]) == set(FEATURES)
    assert stored["templates"]["drug-treats-similar-disease"] == -2


def test_the_weights_that_kedrec_comes_with_are_of_its_features_and_templates() -> None:
    weights = load_weights()
    assert set(weights.features) == set(FEATURES)
    assert set(weights.templates) <= {CHAIN, *(template.name for template in SUPPORTING)}


def test_paths_through_other_nodes_come_before_much_the_same_ones(whole: Adjacency) -> None:
    pool = pool_of(whole, Mechanisms(whole), SUPPORTING, NO_FACTS, (0, 0), breadths=Breadths(whole), most=10)
    ids = [pool.ids(whole, path) for path in range(len(pool))]
    through = {
        name: next(place for place, path in enumerate(ids) if path == wanted)
        for name, wanted in (
            ("best", ("Gene:0", "BiologicalProcess:0")),
            ("alike", ("Gene:0", "BiologicalProcess:1", "BiologicalProcess:0")),
            ("other", ("Gene:0", "Gene:1")),
        )
    }
    scores = np.full(len(pool), -99.0)
    scores[through["best"]], scores[through["alike"]], scores[through["other"]] = 3.0, 2.0, 1.9
    assert list(islice(diverse_paths(pool, scores), 3)) == [
        through["best"],
        through["other"],
        through["alike"],
    ]
    assert list(islice(diverse_paths(pool, scores), 2)) == [through["best"], through["other"]]
