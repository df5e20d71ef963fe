"""Ids that become one entity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedrec.loading import family_identities
from kedrec.loading.family_identities import FamilyIdentities, family_name
from kedrec.loading.identity import resolve
from kedrec.loading.node_records import TRUST, Identity, NodeRecord
from kedrec.loading.staging import Staging
from kedrec.schema import Schema, load_schema


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


def test_what_an_id_lists_goes_on_to_the_id_that_it_surely_equals() -> None:
    """A drug's MeSH id equals a ChEBI id by a mapping set, and its source lists a DrugBank id."""
    drug = ("Drug", "DRUGBANK:DB00285")
    found = resolved(
        NodeRecord("Drug", "MESH:D1", ("DRUGBANK:DB00285",)),
        NodeRecord("Drug", "MESH:D1", ("CHEBI:9944",), trust=TRUST["curated"]),
        NodeRecord("Drug", "CHEBI:9944"),
        NodeRecord(*drug),
    )
    assert found.entity == {("Drug", "MESH:D1"): drug, ("Drug", "CHEBI:9944"): drug}
    assert not found.conflicts


@pytest.mark.parametrize("step", [1, -1])
def test_what_is_passed_on_outranks_what_an_id_merely_lists_in_either_order_of_records(step: int) -> None:
    """Of two DrugBank ids of a ChEBI id, one is predicted, and known better of the MeSH id that equals it."""
    records = [
        NodeRecord("Drug", "CHEBI:1", ("DRUGBANK:DB00001",), trust=TRUST["predicted"]),
        NodeRecord("Drug", "CHEBI:1", ("DRUGBANK:DB00002",), trust=TRUST["listed"]),
        NodeRecord("Drug", "MESH:D1", ("CHEBI:1",), trust=TRUST["exact"]),
        NodeRecord("Drug", "MESH:D1", ("DRUGBANK:DB00001",), trust=TRUST["curated"]),
    ][::step]
    drug = ("Drug", "DRUGBANK:DB00001")
    assert resolved(*records).entity == {("Drug", "CHEBI:1"): drug, ("Drug", "MESH:D1"): drug}


def test_a_better_id_that_lists_another_surely_gets_what_that_one_lists() -> None:
    """A mapping set says that ChEBI's imidapril is MeSH's, and a source lists a DrugBank id with MeSH's."""
    drug = ("Drug", "DRUGBANK:DB11783")
    found = resolved(
        NodeRecord("Chemical", "CHEBI:135654", ("MESH:C065166",), trust=TRUST["curated"]),
        NodeRecord("Drug", "MESH:C065166", ("DRUGBANK:DB11783",)),
        NodeRecord(*drug),
    )
    assert found.entity == {("Chemical", "CHEBI:135654"): drug, ("Drug", "MESH:C065166"): drug}
    assert not found.conflicts


def test_what_an_id_lists_goes_on_over_several_steps() -> None:
    drug = ("Drug", "DRUGBANK:DB00001")
    found = resolved(
        NodeRecord("Drug", "UNII:A1", ("MESH:D1",), trust=TRUST["exact"]),
        NodeRecord("Drug", "UNII:A1", ("DRUGBANK:DB00001",), trust=TRUST["predicted"]),
        NodeRecord("Drug", "CHEBI:1", ("MESH:D1",), trust=TRUST["curated"]),
        NodeRecord(*drug),
    )
    assert found.entity == {("Drug", "UNII:A1"): drug, ("Drug", "CHEBI:1"): drug}


def test_what_is_listed_of_an_id_itself_counts_before_what_is_passed_on() -> None:
    """ChEBI's cortisone lists DrugBank's; the MeSH id that equals it is listed with its acetate's."""
    found = resolved(
        NodeRecord("Drug", "CHEBI:16962", ("DRUGBANK:DB14681",)),
        NodeRecord("Drug", "CHEBI:16962", ("MESH:D003348",), trust=TRUST["curated"]),
        NodeRecord("Drug", "MESH:D003348", ("DRUGBANK:DB01380",)),
        NodeRecord("Drug", "DRUGBANK:DB01380"),
        NodeRecord("Drug", "DRUGBANK:DB14681"),
    )
    cortisone = ("Drug", "DRUGBANK:DB14681")
    assert found.entity == {("Drug", "CHEBI:16962"): cortisone, ("Drug", "MESH:D003348"): cortisone}


def test_two_ids_that_are_passed_on_join_nothing() -> None:
    found = resolved(
        NodeRecord("Drug", "MESH:D1", ("DRUGBANK:DB00001",)),
        NodeRecord("Drug", "MESH:D1", ("CHEBI:1",), trust=TRUST["curated"]),
        NodeRecord("Drug", "MESH:D2", ("DRUGBANK:DB00002",)),
        NodeRecord("Drug", "MESH:D2", ("CHEBI:1",), trust=TRUST["curated"]),
        NodeRecord("Drug", "CHEBI:1"),
    )
    assert found.entity["Drug", "MESH:D1"] == ("Drug", "CHEBI:1")
    assert ("Drug", "CHEBI:1") not in found.entity
    assert [conflict.id for conflict in found.conflicts] == ["CHEBI:1"]


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


def resolved_by_family(
    families: FamilyIdentities, folder: Path, records: list[NodeRecord], retired: dict[tuple[str, str], str]
) -> Identity:
    with Staging(folder) as staging:
        staging.fill(
            "resolvable_records",
            {
                "family": [family_name(record.kind) for record in records],
                "kind": [record.kind for record in records],
                "id": [record.id for record in records],
                "rank": [record.rank for record in records],
                "trust": [record.trust for record in records],
                "xrefs": [list(record.xrefs) for record in records],
                "names": [list(record.names) for record in records],
                "synonyms": [list(record.synonyms) for record in records],
            },
        )
        return families.resolve(staging, load_schema(), retired)


def test_families_resolved_one_by_one_are_what_all_records_give_at_once(tmp_path: Path) -> None:
    disease = [
        NodeRecord("Disease", "DOID:1", ("MESH:D1", "OMIM:1")),
        NodeRecord("Disease", "MESH:D1", (), 2),
    ]
    gene = [NodeRecord("Gene", "NCBIGene:1", ("UniProt:P1",), 1), NodeRecord("Gene", "UniProt:P1")]
    drug = [NodeRecord("Chemical", "CHEBI:1", ("DRUGBANK:DB1",)), NodeRecord("Drug", "DRUGBANK:DB1")]
    contested = [NodeRecord("Disease", "DOID:2", ("MESH:D1",))]
    retired = {("Disease", "DOID:9"): "DOID:1"}
    families = FamilyIdentities()
    for records, successors in (
        (disease, {}),
        (disease + gene, {}),
        (disease + gene + drug, retired),
        (disease + gene + drug + contested, retired),
        (gene + drug, {}),
        (disease + gene + drug, {}),
        (disease + gene + drug, retired),
    ):
        expected = resolve(records, load_schema(), successors)
        found = resolved_by_family(families, tmp_path, records, successors)
        assert found.entity == expected.entity
        assert found.aliases == expected.aliases
        assert found.conflicts == expected.conflicts
        assert found.overruled == expected.overruled


def test_a_family_is_resolved_again_only_where_its_records_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[set[str]] = []

    def watched(
        claims: Iterable[NodeRecord], schema: Schema, retired: Mapping[tuple[str, str], str]
    ) -> Identity:
        records = list(claims)
        done.append({record.kind for record in records})
        return resolve(records, schema, retired)

    monkeypatch.setattr(family_identities, "resolve", watched)
    disease, gene = [NodeRecord("Disease", "DOID:1", ("MESH:D1",))], [NodeRecord("Gene", "NCBIGene:1")]
    families = FamilyIdentities()
    resolved_by_family(families, tmp_path, disease + gene, {})
    resolved_by_family(families, tmp_path, gene + disease, {})
    assert done == [{"Disease"}, {"Gene"}]
    resolved_by_family(families, tmp_path, [*disease, NodeRecord("Gene", "NCBIGene:1", ("UniProt:P1",))], {})
    assert done[2:] == [{"Gene"}]
