"""Which ids become one entity."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kedrec.loading.identity import Identity, NodeRecord, resolve
from kedrec.schema import load_schema


def resolved(*claims: NodeRecord) -> Identity:
    return resolve(claims, load_schema())


def test_a_mesh_disease_becomes_the_doid_disease_that_lists_it() -> None:
    found = resolved(
        NodeRecord("Disease", "DOID:7148", ("MESH:D001172",)), NodeRecord("Disease", "MESH:D001172")
    )
    assert found.entity == {("Disease", "MESH:D001172"): ("Disease", "DOID:7148")}
    assert not found.conflicts


def test_a_drug_takes_the_drugbank_id_it_lists_though_no_node_has_it() -> None:
    found = resolved(NodeRecord("Drug", "MESH:D000068818", ("DRUGBANK:DB00002",)))
    assert found.entity == {("Drug", "MESH:D000068818"): ("Drug", "DRUGBANK:DB00002")}


def test_an_id_that_two_diseases_list_joins_neither() -> None:
    found = resolved(
        NodeRecord("Disease", "DOID:1", ("MESH:D1",)),
        NodeRecord("Disease", "DOID:2", ("MESH:D1",)),
        NodeRecord("Disease", "MESH:D1"),
    )
    assert not found.entity
    assert [(c.id, c.claimed_by) for c in found.conflicts] == [("MESH:D1", ("DOID:1", "DOID:2"))]


def test_a_node_that_lists_two_better_ids_keeps_its_own() -> None:
    found = resolved(NodeRecord("Drug", "MESH:C107057", ("DRUGBANK:DB01201", "DRUGBANK:DB12190")))
    assert not found.entity
    assert found.conflicts[0].id == "MESH:C107057"


def test_a_disease_and_a_symptom_of_one_mesh_id_stay_two_nodes() -> None:
    assert not resolved(NodeRecord("Disease", "MESH:D003371"), NodeRecord("Symptom", "MESH:D003371")).entity


def test_the_better_source_decides_the_kind_of_an_ontology_term() -> None:
    found = resolved(
        NodeRecord("BiologicalProcess", "GO:0004016", rank=3),
        NodeRecord("MolecularFunction", "GO:0004016", rank=2),
    )
    assert found.entity == {("BiologicalProcess", "GO:0004016"): ("MolecularFunction", "GO:0004016")}


def test_a_drug_is_a_drug_though_a_better_source_calls_it_a_chemical() -> None:
    found = resolved(
        NodeRecord("Drug", "MESH:D004298", rank=3), NodeRecord("Chemical", "MESH:D004298", rank=1)
    )
    assert found.entity == {("Chemical", "MESH:D004298"): ("Drug", "MESH:D004298")}


def test_a_gene_does_not_swallow_the_family_it_lists() -> None:
    assert not resolved(
        NodeRecord("Gene", "UNIPROT:P00533", ("INTERPRO:IPR000494",)),
        NodeRecord("GeneFamily", "INTERPRO:IPR000494"),
    ).entity


def test_an_id_that_no_node_has_is_an_alias_of_the_one_that_lists_it() -> None:
    found = resolved(NodeRecord("Disease", "DOID:1485", ("MESH:D003550",)))
    assert found.aliases == {("Disease", "MESH:D003550"): ("Disease", "DOID:1485")}


_ids = st.sampled_from(
    [f"{prefix}:{n}" for prefix in ("DOID", "MONDO", "MESH", "OMIM", "UMLS") for n in range(3)]
)
_claims = st.lists(
    st.builds(
        NodeRecord,
        kind=st.just("Disease"),
        id=_ids,
        xrefs=st.lists(_ids, max_size=3).map(tuple),
        rank=st.integers(1, 3),
    ),
    max_size=8,
)


@given(_claims, st.randoms(use_true_random=False))
def test_the_order_of_records_changes_nothing(claims: list[NodeRecord], random: object) -> None:
    shuffled = list(claims)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis's own Random
    assert resolved(*shuffled) == resolved(*claims)


@given(_claims)
def test_entities_are_final(claims: list[NodeRecord]) -> None:
    found = resolved(*claims)
    assert not set(found.entity.values()) & found.entity.keys()
