"""Names are found in texts: the longest at each place, in any common writing, and what is written of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kedrec.documents.catalogue import Catalogue
from kedrec.documents.document import Document, Section, TrialFacts
from kedrec.documents.linking import Linker
from kedrec.documents.prepare import build_passages
from kedrec.documents.reading import read_file
from kedrec.documents.streaming import StreamItem, prepare_items, stream_records

LINKER = Linker([
    ("d1", "gout", True), ("d2", "acute gout attack", True), ("d3", "gout of the big toe", True),
    ("d4", "ALS", True), ("d5", "type 2 diabetes", True), ("d6", "brain tumor", True),
    ("d7", "\u03b2-thalassemia", True),
])  # fmt: skip


def document(number: int, text: str, facts: TrialFacts | None = None) -> Document:
    return Document(f"mine:{number}", "article", "A title", (Section("Abstract", text),), facts=facts)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Gout is old.", ["d1"]),
        ("gout", ["d1"]),
        ("An acute gout attack, then gout.", ["d2", "d1"]),
        ("Gout of the big toe hurts.", ["d3"]),  # the longest of those that begin alike
        ("Gout of the knee hurts.", ["d1"]),  # begins like a longer one
        ("Acute gout.", ["d1"]),
        ("A case of ALS.", ["d4"]),
        ("A case of als; SALSA; ALSO.", []),
        ("Type II diabetes and brain tumours", ["d5", "d6"]),
        ("beta thalassaemia", ["d7"]),
        ("", []),
    ],
)
def test_the_longest_name_is_found_in_any_writing(text: str, found: list[str]) -> None:
    assert LINKER.find(text) == found


def test_what_a_trial_says_that_it_studied_is_named_by_each_of_its_passages() -> None:
    trial = document(1, "One sentence of many. " * 200, TrialFacts(number="NCT1", conditions=("Gout",)))
    passages = build_passages(trial, LINKER)
    assert len(passages) > 2
    assert all(fields["entity"] == fields["studied"] == ["d1"] for fields in passages)


def test_only_what_will_be_written_is_prepared_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kedrec.documents.streaming._HERE", 0)
    items = [StreamItem(Path("a"), document(number, "Gout.")) for number in range(4)]
    found = list(prepare_items(iter(items), LINKER, lambda one: one.id in ("mine:1", "mine:2"), jobs=2))
    assert found == items
    assert [item.passages is not None for item in found] == [False, True, True, False]


@pytest.mark.parametrize(("most", "read"), [(None, 6), (0, 0), (4, 4), (9, 6)])
def test_at_most_so_many_records_are_read_of_all_files(tmp_path: Path, most: int | None, read: int) -> None:
    paths = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for path in paths:
        path.write_text("".join(f'{{"id": "{path.stem}{n}", "text": "x"}}\n' for n in range(3)))
    items = list(stream_records(paths, (), most))
    assert sum(item.record is not None for item in items) == read
    assert [item.path for item in items if item.record is None] == paths


def test_what_is_not_committed_can_be_forgotten(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path / "catalogue.sqlite")
    kept, dropped = document(1, "Gout."), document(2, "Gout.")
    catalogue.put(kept, "a", run=1, passages=1, characters=5, vocabulary="")
    catalogue.commit()
    assert catalogue.retraction_reason(["PMID:7"]) == ""
    catalogue.put(dropped, "b", run=1, passages=1, characters=5, vocabulary="")
    catalogue.retract(["PMID:7"], "retracted")
    assert catalogue.retraction_reason(["PMID:6", "PMID:7"]) == "retracted"
    catalogue.put(dropped, "c", run=2, passages=1, characters=5, vocabulary="")
    assert catalogue.entry(dropped.id) is not None
    catalogue.rollback()
    assert catalogue.entry(dropped.id) is None
    assert catalogue.entry(kept.id) is not None
    assert catalogue.retraction_reason(["PMID:7"]) == ""
    catalogue.commit()
    assert catalogue.ids("mine") == [kept.id]
    catalogue.close()


def test_another_abstract_stands_in_for_one_that_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(
        "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID><Article><ArticleTitle>A</ArticleTitle>"
        "</Article><OtherAbstract><AbstractText>Plainly.</AbstractText></OtherAbstract></MedlineCitation>"
        "</PubmedArticle></PubmedArticleSet>"
    )
    (found,) = read_file(path)
    assert isinstance(found, Document)
    assert found.sections[0].text == "Plainly."
