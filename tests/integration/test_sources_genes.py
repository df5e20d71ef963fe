"""Ontologies, genes and their diseases, in small files of their published layouts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from loaded import Loaded, small_graph

from kedrec.errors import DataError

DOID = """format-version: 1.2
data-version: doid/releases/2024-05-29/doid-non-classified.obo
ontology: doid

[Term]
id: DOID:4
name: disease
def: "A disease is a disposition." [url:http\\://ontology.buffalo.edu/medo/Disease.pdf]

[Term]
id: DOID:7148
name: rheumatoid arthritis
alt_id: DOID:13000
def: "An arthritis that is \\"autoimmune\\"." [url:https\\://en.wikipedia.org/wiki/Rheumatoid_arthritis]
synonym: "RA" EXACT []
synonym: "joint trouble" BROAD []
xref: ICD10CM:M06.9
xref: MESH:D001172
xref: MIM:180300
xref: SNOMEDCT_US_2023_03_01:69896004
xref: UMLS_CUI:C0003873
xref: GARD:5695
is_a: DOID:848 ! arthritis

[Term]
id: DOID:848
name: arthritis
xref: MESH:D001168
is_a: DOID:4 ! disease

[Term]
id: DOID:9999
name: obsolete whatever
is_obsolete: true

[Term]
id: UBERON:0000955
name: brain

[Typedef]
id: has_symptom
name: has_symptom
"""
MONDO = """format-version: 1.2
ontology: mondo

[Term]
id: MONDO:0000001
name: disease
xref: DOID:4 {source="MONDO:equivalentTo"}

[Term]
id: MONDO:0008383
name: rheumatoid arthritis
xref: DOID:7148 {source="MONDO:equivalentTo", source="EFO:0000685"}
xref: MESH:D001168 {source="MONDO:relatedTo"}
xref: EFO:0000685 {source="MONDO:equivalentTo"}
is_a: MONDO:0000001 {source="x"} ! disease
"""


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[Loaded]:
    with small_graph(tmp_path) as found:
        yield found


def test_the_disease_ontology_gives_kinds_synonyms_and_other_ids(graph: Loaded) -> None:
    [report] = graph.load("doid", {"doid.obo": DOID}).sources
    assert graph.ends("IS_A") == [("DOID:7148", "DOID:848"), ("DOID:848", "DOID:4")]
    arthritis = graph.nodes("Disease")["DOID:7148"]
    assert arthritis["synonyms"] == ["RA"]
    assert arthritis["xrefs"] == [
        "DOID:13000", "ICD10:M06.9", "MESH:D001172", "OMIM:180300", "SNOMEDCT:69896004", "UMLS:C0003873",
    ]  # fmt: skip
    assert arthritis["description"] == 'An arthritis that is "autoimmune".'
    assert report.reasons == {"obsolete term": 1, "term of another ontology": 1}
    assert ("32", "obsolete term: DOID:9999") in graph.rejects()
    graph.again("doid")


def test_only_what_mondo_calls_equivalent_is_one_disease(graph: Loaded) -> None:
    graph.load("doid", {"doid.obo": DOID})
    [report] = graph.load("mondo", {"mondo.obo": MONDO}).sources
    diseases = graph.nodes("Disease")
    assert set(diseases) == {"DOID:4", "DOID:7148", "DOID:848"}
    assert {"MONDO:0008383", "EFO:0000685"} <= set(diseases["DOID:7148"]["xrefs"])
    assert "MESH:D001168" not in diseases["DOID:7148"]["xrefs"]
    assert {(row["start"], row["end"], row["source"]) for row in graph.edges("IS_A")} >= {
        ("DOID:7148", "DOID:4", "mondo")
    }
    assert report.nodes.new == 0
    graph.again("mondo")


@pytest.mark.parametrize(
    ("text", "said"),
    [("<html>not found</html>", "no OBO file"), (MONDO, "no term of DOID"), ("", "no OBO file")],
)
def test_what_is_no_such_ontology_is_refused(graph: Loaded, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        graph.load("doid", {"doid.obo": text})
