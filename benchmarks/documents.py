"""Indexing every text of the data folder, over tantivy alone with the same passages in the same run."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import tantivy

from benchmarks.measuring import Context, Row, alternate
from kedrec.documents.index import PassageIndex
from kedrec.documents.linking import Linker
from kedrec.documents.loading import DocumentsReport, load_documents
from kedrec.documents.passages import cuts
from kedrec.documents.reading import find_files, read_file
from kedrec.documents.records import Document
from kedrec.errors import DataError

_KINDS = ("Compound", "Disease")


def measure(context: Context) -> list[Row]:
    """Records a second: with and without looking for Hetionet's drugs and diseases in the texts."""
    texts = context.data / "text"
    rows = []
    passages, records = _passages(texts)
    numbers = count()
    for name, linker in (("words alone", None), ("words and names", _linker(context.data))):
        reports: list[DocumentsReport] = []

        def ours(linker: Linker | None = linker, reports: list[DocumentsReport] = reports) -> None:
            folder = context.work / f"index-{next(numbers)}"
            with PassageIndex.open(folder, create=True) as index:
                reports.append(load_documents(index, [texts], linker=linker))
            shutil.rmtree(folder)

        seconds, raw = alternate(ours, _bare(context.work, passages, numbers), max(1, context.runs // 2))
        report = reports[-1]
        if report.read != report.indexed + report.rejected:
            raise DataError(f"{report.read} records were read, but not all are indexed or rejected.")
        title = f"texts, {report.read:,} records ({report.rejected:,} rejected): {name}"
        rows.append(Row(title, report.read / seconds, records / raw, "tantivy alone", ">= 0.50", "records/s"))
    return rows


def _linker(data: Path) -> Linker:
    with (data / "hetionet" / "nodes.tsv").open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        return Linker([(row["id"], row["name"], True) for row in rows if row["kind"] in _KINDS])


def _passages(texts: Path) -> tuple[list[dict[str, Any]], int]:
    """Everything that is indexed, in memory, and how many records it is of."""
    found: list[dict[str, Any]] = []
    records = 0
    for path in find_files(texts):
        try:
            for record in read_file(path):
                records += 1
                if isinstance(record, Document):
                    text = record.text
                    found += (
                        {"id": f"{record.id}#{n}", "title": record.title, "text": text[cut.start : cut.end]}
                        for n, cut in enumerate(cuts(record))
                    )
        except DataError:
            continue  # a file of the folder that holds no documents
    return found, records


def _bare(work: Path, passages: list[dict[str, Any]], numbers: count[int]) -> Callable[[], None]:
    def bare() -> None:
        folder = work / f"bare-{next(numbers)}"
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

    return bare
