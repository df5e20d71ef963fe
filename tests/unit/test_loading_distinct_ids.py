"""Ids of one disease: equal ones, and never two of a vocabulary whose ids are distinct."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedrec.loading.identity import resolve
from kedrec.loading.node_records import TRUST, Identity, NodeRecord
from kedrec.schema import load_schema

DISTINCT = load_schema().kinds["Disease"].distinct


def disease(curie: str, *xrefs: str, trust: str = "listed") -> NodeRecord:
    return NodeRecord("Disease", curie, xrefs, trust=TRUST[trust])


def exact(curie: str, *xrefs: str) -> NodeRecord:
    return disease(curie, *xrefs, trust="exact")


def node(identity: Identity, curie: str) -> str:
    """Id of the node that an id became, by a record or as an alias; its own id if it joined nothing."""
    key = ("Disease", curie)
    return identity.entity.get(key, identity.aliases.get(key, key))[1]


def resolved(*records: NodeRecord) -> Identity:
    return resolve(records, load_schema())


def test_ids_of_nine_vocabularies_become_one_disease() -> None:
    others = ("DOID:1", "MESH:D1", "OMIM:1", "ORPHANET:1", "UMLS:C1", "EFO:1", "NCIT:C1", "ICD10:A1")
    identity = resolved(exact("MONDO:1", *others), *map(disease, others))
    assert {node(identity, curie) for curie in ("MONDO:1", *others)} == {"DOID:1"}
    assert not identity.conflicts


@pytest.mark.parametrize(
    ("better", "worse"), [("DOID", "MONDO"), ("MONDO", "MESH"), ("MONDO", "ORPHANET"), ("DOID", "OMIM")]
)
@pytest.mark.parametrize("trust", ["exact", "curated", "predicted"])
def test_two_terms_of_one_ontology_that_equal_one_id_stay_apart(better: str, worse: str, trust: str) -> None:
    one = f"{better}:9"
    for records in (
        [disease(f"{worse}:1", one, trust=trust), disease(f"{worse}:2", one, trust=trust), disease(one)],
        [disease(one, f"{worse}:1", f"{worse}:2", trust=trust), disease(f"{worse}:1"), disease(f"{worse}:2")],
    ):
        identity = resolved(*records)
        assert len({node(identity, curie) for curie in (one, f"{worse}:1", f"{worse}:2")}) == 3
        assert [(c.id, c.claimed_by) for c in identity.conflicts] == [(one, (f"{worse}:1", f"{worse}:2"))]


def test_an_ontologys_own_equivalence_outranks_what_another_lists() -> None:
    identity = resolved(
        exact("MONDO:1", "OMIM:5"),
        disease("DOID:9", "OMIM:5", "OMIM:6"),
        disease("OMIM:5"),
        disease("OMIM:6"),
    )
    assert node(identity, "OMIM:5") == "MONDO:1"
    assert ("Disease", "DOID:9", "OMIM:5") not in identity.overruled  # another vocabulary's pair
    identity = resolved(
        exact("MONDO:1", "MESH:D1"), disease("MONDO:2", "MESH:D1", trust="curated"), disease("MESH:D1")
    )
    assert node(identity, "MESH:D1") == "MONDO:1"
    assert ("Disease", "MONDO:2", "MESH:D1") in identity.overruled


def test_a_prediction_joins_only_what_nobody_knows_better() -> None:
    predicted = disease("MONDO:2", "MESH:D1", "MESH:D2", trust="predicted")
    identity = resolved(exact("MONDO:1", "MESH:D1"), predicted, disease("MESH:D1"), disease("MESH:D2"))
    assert node(identity, "MESH:D1") == "MONDO:1"
    assert node(identity, "MESH:D2") == "MONDO:2"  # of what it predicted, what nothing contradicts


def test_a_list_of_ids_that_nothing_keeps_apart_are_words_for_one_disease() -> None:
    identity = resolved(disease("DOID:1", "MESH:D1", "MESH:C1"), disease("MESH:D1"))
    assert node(identity, "MESH:D1") == node(identity, "MESH:C1") == "DOID:1"
    identity = resolved(disease("DOID:1", "MESH:D1", "MESH:C1"), disease("MESH:D1"), disease("MESH:C1"))
    assert len({node(identity, curie) for curie in ("DOID:1", "MESH:D1", "MESH:C1")}) == 3


def test_of_two_equals_the_one_of_the_same_name_is_joined_and_the_conflict_is_told() -> None:
    def named(curie: str, name: str, *xrefs: str) -> NodeRecord:
        return NodeRecord("Disease", curie, xrefs, trust=TRUST["exact"], names=(name,))

    identity = resolved(
        named("MONDO:1", "chronic myeloid leukemia", "DOID:1", "DOID:2"),
        named("DOID:1", "chronic myelogenous leukemia bcr abl1 positive"),
        named("DOID:2", "chronic myeloid leukemia"),
    )
    assert node(identity, "MONDO:1") == "DOID:2"
    assert node(identity, "DOID:1") == "DOID:1"
    assert [(c.id, c.claimed_by) for c in identity.conflicts] == [("MONDO:1", ("DOID:1", "DOID:2"))]
    identity = resolved(named("MONDO:1", "a", "DOID:1", "DOID:2"), named("DOID:1", "a"), named("DOID:2", "a"))
    assert node(identity, "MONDO:1") == "MONDO:1"


def test_the_best_sources_name_decides_before_what_others_call_it() -> None:
    def named(curie: str, name: str, rank: int, *xrefs: str) -> NodeRecord:
        return NodeRecord(
            "Disease", curie, xrefs, rank, TRUST["exact"] if xrefs else TRUST["listed"], (name,)
        )

    records = (
        named("MONDO:1", "sickle cell disease", 1, "DOID:1", "DOID:2"),
        named("MONDO:1", "sickle cell anemia", 8),  # in a list of drugs
        named("DOID:1", "sickle cell disease", 2),
        named("DOID:2", "sickle cell anemia", 2),
    )
    for order in (records, records[::-1]):
        assert node(resolved(*order), "MONDO:1") == "DOID:1"


def test_where_no_name_decides_a_synonym_does() -> None:
    """Two terms of the Disease Ontology list MeSH's "Leukemia, Myelogenous, Chronic, BCR-ABL Positive"."""

    def claimed(*synonyms: str) -> Identity:
        return resolved(
            disease("DOID:1", "MESH:D1"),
            disease("DOID:2", "MESH:D1"),
            NodeRecord("Disease", "DOID:1", names=("chronic myeloid leukemia",)),
            NodeRecord(
                "Disease",
                "DOID:2",
                names=("chronic myelogenous leukemia bcr abl1 positive",),
                synonyms=("cml",),
            ),
            NodeRecord("Disease", "MESH:D1", names=("leukemia myelogenous chronic",), synonyms=synonyms),
        )

    assert node(claimed("chronic myeloid leukemia", "cml"), "MESH:D1") == "DOID:1"
    assert node(claimed("cml"), "MESH:D1") == "MESH:D1"  # a synonym of both is no name of either
    both = ("chronic myeloid leukemia", "chronic myelogenous leukemia bcr abl1 positive")
    assert node(claimed(*both), "MESH:D1") == "MESH:D1"
    assert [c.id for c in claimed(*both).conflicts] == ["MESH:D1"]


def test_a_series_is_not_one_of_its_members() -> None:
    identity = resolved(
        exact("MONDO:1", "OMIMPS:100", "DOID:1"),
        exact("MONDO:2", "OMIM:101"),
        disease("DOID:1", "OMIMPS:100", "OMIM:101"),
        disease("OMIM:101"),
    )
    assert node(identity, "OMIMPS:100") == "DOID:1"
    assert node(identity, "OMIM:101") == "MONDO:2"


def test_ids_that_meet_by_way_of_others_are_parted_again() -> None:
    identity = resolved(
        exact("MONDO:1", "DOID:9", "OMIM:6"),
        disease("DOID:9", "OMIM:5"),
        disease("OMIM:5"),
        disease("OMIM:6"),
    )
    assert node(identity, "OMIM:6") == "DOID:9"
    assert node(identity, "OMIM:5") == "OMIM:5"
    assert "OMIM:5" in {conflict.id for conflict in identity.conflicts}


_ids = st.sampled_from(
    [f"{prefix}:{n}" for prefix in ("DOID", "MONDO", "MESH", "OMIM", "UMLS") for n in range(3)]
)
_records = st.lists(
    st.builds(
        NodeRecord,
        kind=st.just("Disease"),
        id=_ids,
        xrefs=st.lists(_ids, max_size=3).map(tuple),
        trust=st.sampled_from(sorted(TRUST.values())),
    ),
    max_size=8,
)


@given(_records)
def test_no_node_has_records_of_two_ids_of_a_distinct_vocabulary(records: list[NodeRecord]) -> None:
    identity = resolved(*records)
    by_node: dict[tuple[str, str], set[str]] = {}
    for record in records:
        prefix = record.id.partition(":")[0]
        if prefix in DISTINCT:
            by_node.setdefault((node(identity, record.id), prefix), set()).add(record.id)
    assert all(len(ids) == 1 for ids in by_node.values())


@given(_records, st.randoms(use_true_random=False))
def test_the_order_of_records_changes_nothing(records: list[NodeRecord], random: object) -> None:
    shuffled = list(records)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis's own Random
    assert resolved(*shuffled) == resolved(*records)


@given(_records)
def test_nodes_are_final(records: list[NodeRecord]) -> None:
    identity = resolved(*records)
    assert not set(identity.entity.values()) & identity.entity.keys()
    assert not set(identity.aliases.values()) & identity.entity.keys()
