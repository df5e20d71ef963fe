"""Symptoms of common diseases that were found by text mining, in small files of their published layout."""

from __future__ import annotations

import lzma
from collections.abc import Iterator
from pathlib import Path

import pytest
from hpo_files import files, row
from loaded import Loaded, begun_graph, small_graph

MINED_HEAD = (
    "Disease ID\tDisease Name\tGene ID\tGene Name\tGenotype\tGene Symbol(s)\tPhenotype ID\tPhenotype Name\t"
    "Age of Onset ID\tAge of Onset Name\tEvidence ID\tEvidence Name\tFrequency\tSex ID\tSex Name\t"
    "Negation ID\tNegation Name\tDescription\tPub\tAssigned by\tDate Created\n"
)
DISEASES = """format-version: 1.2

[Term]
id: DOID:901
name: sandy eye disease
xref: MESH:D990001
xref: MIM:900001

[Term]
id: DOID:0050902
name: dry eye disease
"""


def mined(
    disease: str = "DOID-DOID:0000901", symptom: str = "HP:0000901", *, name: str = "Sandy Eyes",
    points: str = "100.04", abstracts: str = "40", evidence: str = "ITM", negation: str = "",
    symptom_name: str = "",
) -> str:  # fmt: skip
    said = f"Parsed by BioLark from Pubmed abstract (additional info: {points}/{abstracts}). MESHID: D990001"
    cells = [
        disease, name, "", "", "", "", symptom, symptom_name or f"Symptom {symptom}", "", "",
        evidence, evidence, "", "", "", negation, "", said, "PMID:31;PMID:32;x", "HPO", "11.05.2015",
    ]  # fmt: skip
    return "\t".join(cells) + "\n"


@pytest.fixture(scope="module")
def diseases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a graph of the diseases above."""
    return begun_graph(tmp_path_factory.mktemp("diseases"), {"doid": {"doid.obo": DISEASES}})


@pytest.fixture
def named(diseases: Path, tmp_path: Path) -> Iterator[Loaded]:
    """A graph of the diseases above for one test."""
    with small_graph(tmp_path, diseases) as graph:
        yield graph


def test_text_mined_symptoms_are_told_apart_by_their_evidence(named: Loaded) -> None:
    rows = [
        mined(), mined(symptom="HP:0000902", points="50.5", abstracts="9"),
        mined("DOID-DOID:0050902", "HP:0000901"), mined("MESH-D990001", "HP:0000903"),
        mined("MESH-D990099", "HP:0000904", name="Dry Eye Disease"), mined("MESH-D990098", name="unheard of"),
    ]  # fmt: skip
    packed = lzma.compress((MINED_HEAD + "".join(rows)).encode())
    [report] = named.load("hpo-common-diseases", {"common-diseases.tab.xz": packed}).sources
    found = {(one["start"], one["end"]): (one["evidence"], one["score"]) for one in named.edges("PRESENTS")}
    first = "text-mined: score 100.0, 40 abstracts"
    assert found == {
        ("DOID:901", "HP:0000901"): (first, 1.0),
        ("DOID:901", "HP:0000902"): ("text-mined: score 50.5, 9 abstracts", 0.505),
        ("DOID:0050902", "HP:0000901"): (first, 1.0),
        ("DOID:901", "HP:0000903"): (first, 1.0),
        ("DOID:0050902", "HP:0000904"): (first, 1.0),
    }
    assert {tuple(one["references"]) for one in named.edges("PRESENTS")} == {("PMID:31", "PMID:32")}
    assert report.reasons == {"name that no node has": 1}
    named.again("hpo-common-diseases")


def test_published_tables_of_one_disease_each_are_read_together(named: Loaded) -> None:
    tables = {
        "DOID-901.tab": MINED_HEAD + mined(),
        "DOID-0050902.tab": MINED_HEAD + mined("DOID-DOID:0050902", points="3.5"),
    }
    named.load("hpo-common-diseases", tables)
    assert named.ends("PRESENTS") == [("DOID:0050902", "HP:0000901"), ("DOID:901", "HP:0000901")]


NOISE = {
    "score below a twentieth of the first symptom's": mined(symptom="HP:0000902", points="4.9"),
    "named in one abstract alone": mined(symptom="HP:0000902", abstracts="1"),
    "symptom that is the disease itself": mined(symptom="HP:0000902", symptom_name="sandy eyes"),
    "symptom that the disease is said not to have": mined(symptom="HP:0000902", negation="NOT"),
    "evidence that is no text mining": mined(symptom="HP:0000902", evidence="TAS"),
    "no score": mined(symptom="HP:0000902", points="much") + mined(symptom="HP:0000902", abstracts="?")
    + mined(symptom="HP:0000902", points="0"),
    "symptom without an id of HPO": mined(symptom="MP:1") + mined(symptom=""),
    "disease without an id of DO or MeSH": mined("OMIM-1") + mined("") + mined("DOID-DOID:x"),
    "wrong number of columns": "DOID-DOID:0000901\tSandy Eyes\n",
}  # fmt: skip


def test_what_the_text_mining_is_less_sure_of_is_skipped_and_counted(named: Loaded) -> None:
    text = MINED_HEAD + mined() + "".join(NOISE.values())
    [report] = named.load("hpo-common-diseases", {"a.tab": text}).sources
    assert named.ends("PRESENTS") == [("DOID:901", "HP:0000901")]
    assert report.reasons == {reason: rows.count("\n") for reason, rows in NOISE.items()}


def test_hpos_own_symptom_and_a_text_mined_one_are_edges_of_two_sources(named: Loaded) -> None:
    named.load("hpo", files(row(frequency="3/7")))
    named.load("hpo-common-diseases", {"a.tab": MINED_HEAD + mined() + mined(symptom="HP:0000990")})
    found = [(one["end"], one["source"], one["evidence"][:4]) for one in named.edges("PRESENTS")]
    assert found == [
        ("HP:0000901", "hpo", "HPO:"),
        ("HP:0000901", "hpo-common-diseases", "text"),
        ("HP:0000902", "hpo-common-diseases", "text"),
    ]
