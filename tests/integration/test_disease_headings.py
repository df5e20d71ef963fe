"""Diseases by MeSH's headings: inverted ones, and ids that an ontology lists for what they don't mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from loaded import Loaded, small_graph

if TYPE_CHECKING:
    from collections.abc import Iterator

GENES = "geneId\tgeneSymbol\tdiseaseId\tdiseaseName\tscore\tsource\n"
MAPPING = "subject_id\tsubject_label\tpredicate_id\tobject_id\tobject_label\tmapping_justification\n"


def obo(*terms: tuple[str, ...]) -> str:
    """Terms of an ontology: id, name, further clauses."""
    return "".join(
        "\n".join(["[Term]", f"id: {id_}", f"name: {name}", *clauses, "", ""])
        for id_, name, *clauses in terms
    )


def load_headings(graph: Loaded, *rows: tuple[str, str, str]) -> None:
    """MeSH's headings (number, heading, entry terms), each of a disease that the graph has by that id."""
    nodes = ["kind\tid\tname", *(f"Disease\tMESH:{number}\t{number}" for number, _, _ in rows)]
    graph.load("kedrec", {"nodes.tsv": "\n".join(nodes) + "\n"})
    lines = "".join(f"{number}\t{heading}\t{entries}\tC01.1\t\n" for number, heading, entries in rows)
    graph.load("mesh", {"mesh_id_label_mappings.tsv": lines})


def load_genes(graph: Loaded, *diseases: tuple[str, str]) -> None:
    rows = "".join(f"1\tA1BG\tumls:{id_}\t{name}\t0.2\tCTD_human\n" for id_, name in diseases)
    graph.load("disgenet", {"curated_gene_disease_associations.tsv": GENES + rows})


LISTED = (
    ("Sheehan syndrome", "Hypopituitarism", "Pituitary Insufficiency", False),
    ("bruxism", "Sleep Bruxism", "", False),
    ("mucopolysaccharidosis type 4A", "Mucopolysaccharidosis IV", "Morquio Syndrome", False),
    ("giant cell glioblastoma", "Glioblastoma", "", False),
    ("benign sandy tumor", "Sandy Neoplasms", "", False),
    ("dusty cancer", "Dusty Neoplasms", "", True),
    ("type 4A sand disease", "Sand Disease, Type 4A", "", True),
    ("Crohn's disease", "Crohn Disease", "", True),
    ("sandy infectious disease", "Sandy Infections", "", True),
    ("desert cough", "Sand Pneumonitis", "Cough, Desert|Dune Lung", True),
    ("allergies of sand", "Sand Allergy", "", True),
    ("Sjögren syndrome", "Sjogren's Syndrome", "", True),
)
"""Name of DO's disease, heading and entry terms of MeSH's whose id it lists, and whether they are one."""


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], int]]:
    """The diseases after DO's are loaded on MeSH's, and the number of doubtful ids."""
    with small_graph(tmp_path_factory.mktemp("listed")) as graph:
        numbered = list(enumerate(LISTED, 1))
        load_headings(graph, *((f"D{n:06}", heading, terms) for n, (_, heading, terms, _) in numbered))
        terms = obo(*((f"DOID:{n}", name, f"xref: MESH:D{n:06}") for n, (name, *_) in numbered))
        [report] = graph.load("doid", {"doid.obo": terms}).sources
        yield graph.nodes("Disease"), report.doubtful_ids
        graph.again("doid")


@pytest.mark.parametrize("number", range(1, len(LISTED) + 1), ids=[name for name, *_ in LISTED])
def test_an_id_merely_listed_is_equal_only_with_a_common_name(
    listed: tuple[dict[str, Any], int], number: int
) -> None:
    nodes, _ = listed
    joins = LISTED[number - 1][-1]
    mesh = f"MESH:D{number:06}"
    assert (mesh in nodes) != joins
    assert (mesh in nodes[f"DOID:{number}"]["xrefs"]) == joins


def test_ids_that_are_not_taken_for_equal_are_counted(listed: tuple[dict[str, Any], int]) -> None:
    nodes, doubtful = listed
    apart = sum(not joins for *_, joins in LISTED)
    assert (doubtful, len(nodes)) == (apart, len(LISTED) + apart)


def test_names_that_come_later_part_what_a_term_lists(graph: Loaded) -> None:
    graph.load("kedrec", {"nodes.tsv": "kind\tid\tname\nDisease\tMESH:D000001\tMESH:D000001\n"})
    [report] = graph.load("doid", {"doid.obo": obo(("DOID:1", "bruxism", "xref: MESH:D000001"))}).sources
    assert (set(graph.nodes("Disease")), report.doubtful_ids) == ({"DOID:1"}, 0)
    row = "D000001\tSleep Bruxism\t\tC01.1\t\n"
    [report] = graph.load("mesh", {"mesh_id_label_mappings.tsv": row}).sources
    assert (set(graph.nodes("Disease")), report.doubtful_ids) == ({"DOID:1", "MESH:D000001"}, 1)


def test_what_a_curated_set_states_needs_no_common_name(graph: Loaded) -> None:
    load_headings(graph, ("D000001", "Hypopituitarism", ""))
    graph.load("doid", {"doid.obo": obo(("DOID:1", "low pituitary", "xref: MESH:D000001"))})
    row = (
        "doid:1\tlow pituitary\tskos:exactMatch\tmesh:D000001\tHypopituitarism\tsemapv:UnspecifiedMatching\n"
    )
    graph.load("biomappings", {"positive.sssom.tsv": MAPPING + row})
    assert set(graph.nodes("Disease")) == {"DOID:1"}


def test_a_synonym_on_both_sides_is_no_common_name(graph: Loaded) -> None:
    """MeSH's entry terms may be narrower than their heading."""
    load_headings(graph, ("D000001", "Seizures", "Visual Seizures"))
    terms = obo(("DOID:1", "visual epilepsy", 'synonym: "visual seizure" EXACT []', "xref: MESH:D000001"))
    graph.load("doid", {"doid.obo": terms})
    assert set(graph.nodes("Disease")) == {"DOID:1", "MESH:D000001"}


def test_a_synonym_of_the_ontology_is_a_name_too(graph: Loaded) -> None:
    load_headings(graph, ("D000001", "Fever, Sand", ""))
    terms = obo(("DOID:1", "dune disease", 'synonym: "sand fever" EXACT []', "xref: MESH:D000001"))
    graph.load("doid", {"doid.obo": terms})
    assert set(graph.nodes("Disease")) == {"DOID:1"}


def test_an_inverted_heading_meets_the_disease_of_its_name(graph: Loaded) -> None:
    load_headings(
        graph, ("D000001", "Neuralgia, Sandy", "Sandy Pain"), ("D000002", "Leukemia, Sandy, Chronic", "")
    )
    graph.load(
        "mondo", {"mondo.obo": obo(("MONDO:1", "sandy neuralgia"), ("MONDO:2", "chronic sandy leukemia"))}
    )
    nodes = graph.nodes("Disease")
    assert set(nodes) == {"MONDO:1", "MONDO:2"}
    assert "Sandy Pain" in nodes["MONDO:1"]["synonyms"]
    graph.again("mesh")


def test_a_disease_named_by_an_inverted_heading_meets_another_source(graph: Loaded) -> None:
    load_headings(graph, ("D000001", "Alkalosis, Sandy", ""))
    load_genes(graph, ("C0000001", "sandy alkalosis"))
    assert set(graph.nodes("Disease")) == {"MESH:D000001"}


def test_another_sources_wording_meets_any_heading_of_a_disease(graph: Loaded) -> None:
    seizures = "D000002", "Seizures", "Visual Seizures"
    load_headings(graph, ("D000001", "Lymphoma, Sand-Cell", ""), seizures)
    equal = 'xref: MESH:{} {{source="MONDO:equivalentTo"}}'.format
    one = "MONDO:1", "sand lymphomatosis", 'synonym: "sand-cell lymphoma" EXACT []', equal("D000001")
    broader = "MONDO:2", "visual epilepsy", 'synonym: "visual seizures" EXACT []', equal("D000002")
    graph.load("mondo", {"mondo.obo": obo(one, broader)})
    load_genes(graph, ("C0000001", "Lymphoma, Sand-Cell"), ("C0000002", "Seizures"))
    assert set(graph.nodes("Disease")) == {"MONDO:1", "MONDO:2", "UMLS:C0000002"}


def test_a_disease_that_bears_the_name_itself_comes_before_one_with_that_heading(graph: Loaded) -> None:
    load_headings(graph, ("D000001", "Sandy Eye", ""))
    equal = 'xref: MESH:D000001 {source="MONDO:equivalentTo"}'
    graph.load(
        "mondo", {"mondo.obo": obo(("MONDO:1", "congenital sandy eye", equal), ("MONDO:2", "sandy eye"))}
    )
    load_genes(graph, ("C0000001", "Sandy Eye"))
    nodes = graph.nodes("Disease")
    assert set(nodes) == {"MONDO:1", "MONDO:2"}
    assert "UMLS:C0000001" in nodes["MONDO:2"]["xrefs"]


def test_a_heading_that_two_diseases_have_joins_neither(graph: Loaded) -> None:
    graph.load("mondo", {"mondo.obo": obo(("MONDO:1", "sandy eye"), ("MONDO:2", "eye, sandy"))})
    load_genes(graph, ("C0000001", "sandy eye"), ("C0000002", "Eye, Sandy"))
    assert len(graph.nodes("Disease")) == 4
