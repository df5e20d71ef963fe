"""Reads a file of documents in any known layout, recognized by its first bytes rather than its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any

from kedrec.common.text_files import open_unpacked
from kedrec.documents.article_json import (
    parse_bioc_document,
    parse_europe_pmc,
    parse_plain_record,
    parse_pubmedqa,
)
from kedrec.documents.clinicaltrials import API_SECTIONS, parse_flat_study, parse_study
from kedrec.documents.document import Record, Rejected, single_line
from kedrec.documents.jats import read_jats
from kedrec.documents.notes import read_notes
from kedrec.documents.pubmed import read_pubmed
from kedrec.documents.xmlrecords import parse_record, xml_records
from kedrec.errors import DataError
from kedrec.loading.readers.json_stream import JsonRecord, json_lines, json_records

__all__ = ["LAYOUTS", "find_files", "layout_of", "read_file"]

LAYOUTS = ("pubmed", "pmc", "trials", "bioc", "pubmedqa", "jsonl", "mimic-notes")
"""Layouts that can be read, by their names on the command line."""

_HEAD = 1 << 16
_LISTS = frozenset({"studies", "documents"})
_SUFFIXES = (".json", ".jsonl", ".ndjson", ".xml", ".nxml", ".csv")
_PACKED = (".gz", ".bz2", ".xz")


def find_files(path: Path) -> list[Path]:
    """Lists a file, or by name the files below a folder that may hold documents; hidden ones are omitted.

    Raises:
        DataError: there is no such file or folder.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise DataError(f"{path} is no file or folder.", "Give the folder of the documents with --from PATH.")
    # A name of a document that is no regular file (a pipe) is reported when it is read.
    files = [
        file for file in path.rglob("*") if not file.is_dir() and _may_hold_documents(file.relative_to(path))
    ]
    return sorted(files)


def _may_hold_documents(path: Path) -> bool:
    name = path.name.lower()
    for suffix in _PACKED:
        name = name.removesuffix(suffix)
    return name.endswith(_SUFFIXES) and not any(part.startswith(".") for part in path.parts)


def layout_of(head: bytes, name: str) -> str:
    """Recognizes the layout by a file's first bytes; "" where it is unknown."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        start = head.decode("utf-16", "ignore").encode().lstrip()
    if start[:1] == b"<":
        for mark, layout in (
            (
                rb"<([\w.-]+:)?(PubmedArticleSet|PubmedArticle|PubmedBookArticle|DeleteCitation)[\s>]",
                "pubmed",
            ),
            (rb"<([\w.-]+:)?collection[\s>]|BioC\.dtd", "bioc"),
            (rb"<([\w.-]+:)?(article|pmc-articleset|OAI-PMH)[\s>]", "pmc"),
        ):
            if re.search(mark, start):
                return layout
        return ""
    if start[:1] in (b"{", b"["):
        return _json_layout(start, name)
    columns = start.split(b"\n", 1)[0].upper()
    return "mimic-notes" if b"ROW_ID" in columns and b"TEXT" in columns and b"ISERROR" in columns else ""


def _json_layout(start: bytes, name: str) -> str:
    if ".jsonl" in name or ".ndjson" in name:
        return "trials" if re.match(rb'\{\s*"(nct_id|protocolSection)"', start) else "jsonl"
    if re.search(rb'"(protocolSection|studies)"\s*:', start):
        return "trials"
    if re.search(rb'"(CONTEXTS|QUESTION)"\s*:', start):
        return "pubmedqa"
    if re.search(rb'"(documents|passages)"\s*:\s*\[', start):
        return "bioc"
    if re.search(rb'"resultList"\s*:|"(abstract|text|contents|nct_id)"\s*:\s*"', start):
        return "jsonl"
    return ""


def read_file(path: Path, layouts: tuple[str, ...] = ()) -> Iterator[Record]:
    """Reads the records of a file, in order; none where its layout isn't among `layouts`.

    Args:
        layouts: names out of `LAYOUTS`; empty: all.

    Raises:
        DataError: the file's layout is unknown, or it is damaged or can't be read; the records before the
            damage have been yielded.
    """
    with open_unpacked(path, "it") as stream:
        layout = layout_of(stream.peek(_HEAD)[:_HEAD], path.name.lower())
        if not layout:
            raise DataError("it is in no layout that is known, or empty.")
        if not layouts or layout in layouts:
            yield from _READERS[layout](stream, path.name.lower())


def _read_json(stream: IO[bytes], name: str) -> Iterator[Record]:
    """Reads JSON: a record a line, a list of records, a page of an API, or a single record."""
    single: dict[str, Any] = {}
    one_a_line = ".jsonl" in name or ".ndjson" in name
    records = json_lines(stream) if one_a_line else json_records(stream, _LISTS)
    for entry in records:
        if entry.problem:
            yield Rejected(entry.position, entry.name[:80], entry.problem)
        elif entry.name in API_SECTIONS or (entry.name and not isinstance(entry.value, dict)):
            # A member of a single record, or of the object around a list (a page's token).
            single[entry.name] = entry.value
        else:
            yield from _json_record(entry)
    if API_SECTIONS & single.keys():
        yield _convert(parse_study, single, 1)
    elif {"abstract", "text", "contents"} & single.keys():
        yield _convert(parse_plain_record, single, 1)
    elif "nct_id" in single:
        yield _convert(parse_flat_study, single, 1)


def _json_record(entry: JsonRecord) -> Iterator[Record]:
    value, position = entry.value, entry.position
    if not isinstance(value, dict):
        yield Rejected(position, entry.name, "not an object")
    elif "protocolSection" in value:
        yield _convert(parse_study, value, position)
    elif "nct_id" in value:
        yield _convert(parse_flat_study, value, position)
    elif entry.name == "resultList":
        for number, item in enumerate(_items(value.get("result")), 1):
            yield _convert(parse_europe_pmc, item, number)
    elif "CONTEXTS" in value:
        yield _convert(partial(parse_pubmedqa, entry.name), value, position)
    elif "passages" in value:
        yield _convert(parse_bioc_document, value, position)
    elif isinstance(value.get("documents"), list):
        for item in value["documents"]:
            yield _convert(parse_bioc_document, item, position)
    elif not entry.name or "abstract" in value:
        yield _convert(parse_plain_record, value, position)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _convert(read: Callable[[dict[str, Any], int], Record], item: Any, position: int) -> Record:
    """Converts a record by `read`; rejects one whose fields aren't of that layout's types."""
    if not isinstance(item, dict):
        return Rejected(position, "", "not an object")
    try:
        return read(item, position)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        problem = single_line(repr(error)).partition(" [type=")[0]  # pydantic goes on for three lines
        return Rejected(position, "", f"not in its layout: {problem}"[:200])


def _read_bioc(stream: IO[bytes], name: str) -> Iterator[Record]:
    if stream.peek(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):  # type: ignore[attr-defined]  # a buffered reader
        yield from _read_json(stream, name)
        return
    for record in xml_records(stream, ("document",)):
        try:
            element = parse_record(record)
        except DataError as error:
            yield Rejected(record.number, "", str(error))
            continue
        passages = [
            {
                "infons": {str(infon.get("key")): infon.text or "" for infon in passage.iterfind("infon")},
                "text": passage.findtext("text") or "",
            }
            for passage in element.iterfind("passage")
        ]
        document = {"id": element.findtext("id") or "", "passages": passages}
        yield _convert(parse_bioc_document, document, record.number)


_READERS: dict[str, Callable[[IO[bytes], str], Iterator[Record]]] = {
    "pubmed": lambda stream, _: read_pubmed(stream),
    "pmc": lambda stream, _: read_jats(stream),
    "trials": _read_json,
    "bioc": _read_bioc,
    "pubmedqa": _read_json,
    "jsonl": _read_json,
    "mimic-notes": lambda stream, _: read_notes(stream),
}
