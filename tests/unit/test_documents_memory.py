"""Reading a large file takes no more memory than a small one, and cutting a text time in proportion to it."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from kedrec.common.sentences import SentenceSpan, sentences
from kedrec.documents import passages
from kedrec.documents.document import Document, Section
from kedrec.documents.reading import read_file

ARTICLE = (
    "<PubmedArticle><MedlineCitation><PMID>{0}</PMID><Article><ArticleTitle>Trial {0}</ArticleTitle>"
    "<Abstract><AbstractText>{1}</AbstractText></Abstract></Article></MedlineCitation></PubmedArticle>\n"
)


def peak(path: Path, records: int) -> int:
    """Bytes held at most while a baseline file of so many records is read."""
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
        file.write("<?xml version='1.0'?>\n<PubmedArticleSet>\n")
        for number in range(1, records + 1):
            file.write(ARTICLE.format(number, f"Dose {number} lowered glucose. " * 60))
        file.write("</PubmedArticleSet>\n")
    tracemalloc.start()
    try:
        assert sum(isinstance(record, Document) for record in read_file(path)) == records
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_records_of_a_file(tmp_path: Path) -> None:
    small = peak(tmp_path / "small.xml.gz", 1000)  # 1.7 MB of text
    large = peak(tmp_path / "large.xml.gz", 6000)  # 10 MB
    assert large < small * 1.2 + (1 << 20)


@pytest.mark.parametrize("unit", ["x", "ACGT", "1.", "日", "-", "a.b", "word ", "One ends. "])
def test_cutting_reads_each_part_of_a_text_a_few_times(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text may be one word of any length: a sequence, a table without blanks."""
    read = 0

    def counted(text: str) -> list[SentenceSpan]:
        nonlocal read
        read += len(text)
        return sentences(text)

    monkeypatch.setattr(passages, "sentences", counted)
    length = 60_000
    section = Section("", (unit * length)[:length])
    document = Document(id="jsonl:1", kind="article", title="T", sections=(section,))
    spans = [*passages.passage_spans(document)]
    assert read < 8 * length
    assert all(span.end - span.start <= passages.LONGEST_PASSAGE for span in spans)
    assert sum(span.end - span.start for span in spans) > 0.9 * length
