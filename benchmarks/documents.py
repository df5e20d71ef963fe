"""Indexing of texts, against tantivy alone with the same passages.

The texts are those of the data folder, and a file of 30,000 records in the layout of PubMed's baseline,
composed of their passages.
"""

from __future__ import annotations

import csv
import gzip
import random
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import tantivy

from benchmarks.measuring import BenchmarkContext, Row, alternate
from kedrec.common.cpus import usable_threads
from kedrec.documents.document import Document
from kedrec.documents.linking import Linker
from kedrec.documents.loading import DocumentsReport, load_documents
from kedrec.documents.passage_index import PassageIndex
from kedrec.documents.passages import passage_spans
from kedrec.documents.reading import find_files, read_file
from kedrec.errors import DataError

_KINDS = ("Compound", "Disease")
_BASELINE = 30_000
"""Records in one file of NLM's baseline."""
_NUMBERS = count()


def measure(context: BenchmarkContext) -> list[Row]:
    """Measures records a second, with and without linking Hetionet's drugs and diseases in the texts."""
    texts = context.data / "text"
    text_passages = _passages(texts)
    baseline = _baseline(context.work / "pubmed.xml.gz", [passage["text"] for passage in text_passages[0]])
    linkers = (None, _linker(context.data))
    return [
        _row(context, path, linker, *passages_and_count)
        for path, passages_and_count in ((texts, text_passages), (baseline, _passages(baseline)))
        for linker in linkers
    ]


def _row(
    context: BenchmarkContext, path: Path, linker: Linker | None, passages: list[dict[str, Any]], records: int
) -> Row:
    work = context.work
    name = "words and names" if linker else "words alone"
    reports: list[DocumentsReport] = []

    def ours() -> None:
        folder = work / f"index-{next(_NUMBERS)}"
        with PassageIndex.open(folder, create=True) as index:
            reports.append(load_documents(index, [path], linker=linker, jobs=max(1, usable_threads() - 1)))
        shutil.rmtree(folder)

    seconds, raw = alternate(ours, _bare_indexing(work, passages), max(1, context.runs // 2))
    report = reports[-1]
    if report.read != report.indexed + report.rejected:
        raise DataError(f"{report.read} records were read, but not all are indexed or rejected.")
    title = f"{path.name}, {report.read:,} records ({report.rejected:,} rejected): {name}"
    return Row(title, report.read / seconds, records / raw, "tantivy alone", ">= 0.50", "records/s")


def _baseline(path: Path, texts: list[str]) -> Path:
    """Writes a file in the layout of NLM's yearly baseline, each abstract two random passages."""
    generator = random.Random(1)  # noqa: S311  # texts to index, no secrets
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as out:
        out.write("<?xml version='1.0' encoding='utf-8'?>\n<PubmedArticleSet>\n")
        for number in range(1, _BASELINE + 1):
            title, first, second = (escape(text) for text in generator.choices(texts, k=3))
            out.write(
                f"<PubmedArticle><MedlineCitation><PMID>{number}</PMID><Article><Journal><JournalIssue><PubDate>"
                f"<Year>{1990 + number % 35}</Year></PubDate></JournalIssue></Journal>"
                f"<ArticleTitle>{title.partition('. ')[0]}</ArticleTitle><Abstract>"
                f"<AbstractText>{first} {second}</AbstractText>"
                "</Abstract></Article></MedlineCitation></PubmedArticle>\n"
            )
        out.write("</PubmedArticleSet>\n")
    return path


def _linker(data: Path) -> Linker:
    with (data / "hetionet" / "nodes.tsv").open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        return Linker([(row["id"], row["name"], True) for row in rows if row["kind"] in _KINDS])


def _passages(texts: Path) -> tuple[list[dict[str, Any]], int]:
    """All passages to index, in memory, and the number of records they come from."""
    passages: list[dict[str, Any]] = []
    records = 0
    for path in find_files(texts):
        try:
            for record in read_file(path):
                records += 1
                if isinstance(record, Document):
                    text = record.text
                    passages += (
                        {"id": f"{record.id}#{n}", "title": record.title, "text": text[cut.start : cut.end]}
                        for n, cut in enumerate(passage_spans(record))
                    )
        except DataError:
            continue  # a file without documents
    return passages, records


def _bare_indexing(work: Path, passages: list[dict[str, Any]]) -> Callable[[], None]:
    def index_passages() -> None:
        folder = work / f"bare-{next(_NUMBERS)}"
        folder.mkdir()
        builder = tantivy.SchemaBuilder().add_text_field("id", stored=True, tokenizer_name="raw")
        builder.add_text_field("title", tokenizer_name="en_stem")
        schema = builder.add_text_field("text", stored=True, tokenizer_name="en_stem").build()
        writer = tantivy.Index(schema, path=str(folder)).writer(heap_size=128 << 20)
        for passage in passages:
            writer.add_document(tantivy.Document(**passage))
        writer.commit()
        writer.wait_merging_threads()
        shutil.rmtree(folder)

    return index_passages
