"""References of an answer: each once, with what cites it, and no special character of a format obeyed."""

from __future__ import annotations

import re

from grounding_evidence import entity, step
from test_answer_table import ANSWER, DISEASE, recommendation

from kedrec.evidence.verbalize import evidence_item
from kedrec.rendering.references import Reference, bibtex, references_of, ris
from kedrec.types import Answer, Edge, Evidence, Path, Texts, TextSource

DRUG = entity("DRUGBANK:1", "Drug", "drug1")
TITLE = "A {100 %} \\input{x} study_of #1 & $x$ ~^\nER  - \r\nTY  - BOOK"


def answer(*references: str) -> Answer:
    edge = Edge(
        start=DRUG.id, relation="TREATS", end=DISEASE.id, source="s", licence="", references=references
    )
    one = step(DRUG, "TREATS", DISEASE).model_copy(update={"edges": (edge,)})
    item = evidence_item(Path(template="t", metapath="", nodes=(DRUG, DISEASE), steps=(one,)), "P1", 0.5)
    text = Evidence(
        id="L1",
        sentence="s",
        text=TextSource(document="pubmed:1", title=TITLE, year=1999, keys=("PMCID:PMC7", "PMID:1")),
    )
    found = recommendation(1, item).model_copy(update={"texts": Texts(articles=(text,))})
    return ANSWER.model_copy(update={"recommendations": (found, found)})


def test_a_reference_is_listed_once_with_all_that_cites_it_and_the_title_that_is_known():
    first, second, third = references_of(answer("PMID:1", "NCT:NCT00000001", "https://x.example/a b"))
    assert (first.id, first.title, first.year) == ("PMID:1", TITLE, "1999")
    assert first.cited == ["P1 (drug1, swelling | pain)", "L1 (drug1, swelling | pain)"]
    assert second.url.startswith("https://")
    assert third.url == "https://x.example/a%20b"


def test_bibtex_keeps_every_entry_whole():
    text = bibtex(references_of(answer("PMID:1", "DOI:10.1/a_b{c}", "PMID 1", "pmid:1")))
    entries = text.split("\n\n")
    assert len(entries) == 4
    keys = re.findall(r"^@\w+\{([^,]+),$", text, re.MULTILINE)
    assert len({key.lower() for key in keys}) == len(keys) == 4
    for entry in entries:
        plain = re.sub(r"\\[{}]", "", entry)
        assert plain.count("{") == plain.count("}")
    assert r"\textbackslash{}input\{x\}" in entries[0]
    assert "eprint = {1}" in entries[0]
    assert r"doi = {10.1/a\_b\{c\}}" in entries[1]


def test_a_record_of_ris_ends_where_it_ends():
    text = ris(references_of(answer("PMID:1", "https://x.example/a")))
    lines = text.split("\r\n")
    assert sum(line.startswith("TY  - ") for line in lines) == 2
    assert sum(line.startswith("ER  - ") for line in lines) == 2
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - .*", line) for line in lines if line)
    assert "AN  - 1" in lines


def test_without_references_the_files_are_empty():
    none: list[Reference] = []
    assert bibtex(none) == ris(none) == ""
