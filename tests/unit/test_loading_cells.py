"""Ids, lists, scores and years as people and programs spell them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from kedrec.loading.readers.cells import ids_of, names_of, score_of, text_of, year_in, year_of
from kedrec.loading.readers.curies import curie_of


@pytest.mark.parametrize(
    ("spelled", "curie"),
    [
        ("MONDO:0018997", "MONDO:0018997"),
        ("Mondo:0018997", "MONDO:0018997"),
        ("MONDO_0018997", "MONDO:0018997"),
        ("mondo_0018997", "MONDO:0018997"),
        (" drugbank:db08911 ", "DRUGBANK:DB08911"),
        ("DB:DB08911", "DRUGBANK:DB08911"),
        ("DRUGBANK:DRUGBANK:DB08911", "DRUGBANK:DB08911"),
        ("CHEBI:CHEBI:6801", "CHEBI:6801"),
        ("ncbigene:3553", "NCBIGene:3553"),
        ("ENTREZ:3553", "NCBIGene:3553"),
        ("UniProtKB:p23219", "UNIPROT:P23219"),
        ("UMLS_CUI:c0009443", "UMLS:C0009443"),
        ("SNOMEDCT_US:82272006", "SNOMEDCT:82272006"),
        ("Orphanet_93", "ORPHANET:93"),
        ("MIM:163950", "OMIM:163950"),
        ("PUBMED: 12345", "PMID:12345"),
        ("kegg:hsa00010", "KEGG:hsa00010"),
        ("http://purl.obolibrary.org/obo/MONDO_0005148", "MONDO:0005148"),
        ("https://identifiers.org/drugbank/DB00331", "DRUGBANK:DB00331"),
        ("https://identifiers.org/mesh:D009634", "MESH:D009634"),
        ("http://www.orpha.net/ORDO/Orphanet_93", "ORPHANET:93"),
        ("https://go.drugbank.com/drugs/DB00331", "DRUGBANK:DB00331"),
        ("https://pubmed.ncbi.nlm.nih.gov/123/", "PMID:123"),
        ("https://doi.org/10.1000/ab/c", "DOI:10.1000/ab/c"),
        ("https://example.org/notebook/17", "https://example.org/notebook/17"),
        ("https://example.org/MONDO_0005148", "https://example.org/MONDO_0005148"),
        ("<http://purl.obolibrary.org/obo/DOID_2841>", "DOID:2841"),
        ("obo:MONDO_0018997", "MONDO:0018997"),
        ("MONDO:MONDO_0018997", "MONDO:0018997"),
        ("db08911", "DRUGBANK:DB08911"),
        ("CHEMBL1431", "CHEMBL:CHEMBL1431"),
        ("NCT00000378", "NCT:NCT00000378"),
        ("NCBIGene:5743.0", "NCBIGene:5743"),
        ("omim_163950.00", "OMIM:163950"),
        ("ICD10:E11.0", "ICD10:E11.0"),
        ("ICD9:250.00", "ICD9:250.00"),
        ("DOI:10.1000/182.0", "DOI:10.1000/182.0"),
        ("obo:nothing", "obo:nothing"),
        ("STAR:1", "STAR:1"),
        ("name:Gene/tp53", "name:Gene/tp53"),
        ("no id", "no id"),
    ],
)
def test_an_id_is_read_however_it_is_spelled(spelled: str, curie: str) -> None:
    assert curie_of(spelled) == curie
    assert curie_of(curie) == curie


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("a|b| a |", ["a", "b"]),
        ("a;b", ["a", "b"]),
        ("Synthase; G/H|COX1", ["Synthase; G/H", "COX1"]),
        ("a\u01c2b;c", ["a", "b;c"]),
        ('["a|b", "c"]', ["a|b", "c"]),
        ("['a', 'b']", ["a", "b"]),
        ("[(4-methyl)]", ["[(4-methyl)]"]),
        (["a|b", "c", None], ["a|b", "c"]),
        ("NA", []),
        ("", []),
        (None, []),
        (math.nan, []),
    ],
)
def test_a_cell_of_names(cell: Any, names: list[str]) -> None:
    assert names_of(cell) == names


OLD_DOI = "DOI:10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2"


@pytest.mark.parametrize(
    ("cell", "ids"),
    [
        ("PMID:1|pmid:2", ["PMID:1", "PMID:2"]),
        ("PMID:1;PMID:2, DOI:10.1/x", ["PMID:1", "PMID:2", "DOI:10.1/x"]),
        ("PMID:1; https://example.org/a;b", ["PMID:1", "https://example.org/a;b"]),
        (OLD_DOI, [OLD_DOI]),
        (["PMC:PMC2", "PMID:1"], ["PMCID:PMC2", "PMID:1"]),
        ("NULL", []),
    ],
)
def test_a_cell_of_ids(cell: Any, ids: list[str]) -> None:
    assert ids_of(cell) == ids


@pytest.mark.parametrize(
    ("cell", "year"),
    [
        ("2019", 2019),
        ("2019.0", 2019),
        ("2019,0", 2019),
        (2019.0, 2019),
        (2019, 2019),
        ("", None),
        ("nan", None),
    ],
)
def test_a_year(cell: Any, year: int | None) -> None:
    assert year_of(cell) == year


@pytest.mark.parametrize(
    "cell", ["2019.5", "2019,5", "2,019", "9" * 20, 10**20, "-2019", "20", "inf", "x", 1e300]
)
def test_no_year(cell: Any) -> None:
    with pytest.raises(ValueError, match="no year"):
        year_of(cell)


@pytest.mark.parametrize(
    ("cell", "year"),
    [("2019-05", 2019), ("20190501", 2019), ("May 2019", 2019), ("2019.0", 2019)]
    + [(cell, None) for cell in ("2019.5", "9" * 20, "20202020202020", "120190", ["2019"], None)],
)
def test_the_year_in_a_text(cell: Any, year: int | None) -> None:
    assert year_in(cell) == year


@pytest.mark.parametrize(
    ("cell", "score"), [("0.5", 0.5), (1, 1.0), ("nan", None), (math.nan, None), ("NA", None), ("-NaN", None)]
)
def test_a_score(cell: Any, score: float | None) -> None:
    assert score_of(cell) == score


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e999", math.inf, "high", "1_0"])
def test_no_score(cell: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        score_of(cell)


@pytest.mark.parametrize("cell", [["x"], {"a": 1}, b"x", True, "a\0b", "\ud800"])
def test_what_is_no_text(cell: Any) -> None:
    with pytest.raises(TypeError):
        text_of(cell)
