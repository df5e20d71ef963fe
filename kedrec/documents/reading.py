"""Reads a file of any layout that is known: what it is shows in how it begins, not in its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any

from kedrec.common.text_files import open_unpacked
from kedrec.documents.article_json import bioc_document, europe_pmc, plain_record, pubmedqa
from kedrec.documents.clinicaltrials import API_SECTIONS, flat_study, study
from kedrec.documents.document import Record, Rejected, plain
from kedrec.documents.jats import read_jats
from kedrec.documents.notes import read_notes
from kedrec.documents.pubmed import read_pubmed
from kedrec.documents.xmlrecords import parsed, xml_records
from kedrec.errors import DataError
from kedrec.loading.readers.json_stream import JsonRecord, json_lines, json_records

__all__ = ["LAYOUTS", "find_files", "layout_of", "read_file"]

LAYOUTS = ("pubmed", "pmc", "trials", "bioc", "pubmedqa", "jsonl", "mimic-notes")
"""What can be read, as the command line names it."""

_HEAD = 1 << 16
_LISTS = frozenset({"studies", "documents"})
_SUFFIXES = (".json", ".jsonl", ".ndjson", ".xml", ".nxml", ".csv")
_PACKED = (".gz", ".bz2", ".xz")


def find_files(place: Path) -> list[Path]:
    """The file, or the files in a folder and below it that may hold documents, by name; hidden ones aside.

    Raises:
        DataError: there is no such file or folder.
    """
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise DataError(
            f"{place} is no file or folder.", "Give the folder of the documents with --from PATH."
        )
    # What is named as a document and is no regular file (a pipe) is told when it is read.
    found = [path for path in place.rglob("*") if not path.is_dir() and _wanted(path.relative_to(place))]
    return sorted(found)


def _wanted(path: Path) -> bool:
    name = path.name.lower()
    for suffix in _PACKED:
        name = name.removesuffix(suffix)
    return name.endswith(_SUFFIXES) and not any(part.startswith(".") for part in path.parts)


def layout_of(head: bytes, name: str) -> str:
    """The layout that a file's first bytes show, "" for one that isn't known."""
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


def read_file(path: Path, wanted: tuple[str, ...] = ()) -> Iterator[Record]:
    """The records of a file, in its order; nothing of a layout that isn't wanted.

    Args:
        wanted: names out of `LAYOUTS`; none: all.

    Raises:
        DataError: the file has another layout, is damaged or can't be read; what came before has been given.
    """
    with open_unpacked(path, "it") as stream:
        layout = layout_of(stream.peek(_HEAD)[:_HEAD], path.name.lower())
        if not layout:
            raise DataError("it is in no layout that is known, or empty.")
        if not wanted or layout in wanted:
            yield from _READERS[layout](stream, path.name.lower())


def _read_json(stream: IO[bytes], name: str) -> Iterator[Record]:
    """Records of JSON: one a line, a list of them, a page of an API, or one study alone."""
    alone: dict[str, Any] = {}
    one_a_line = ".jsonl" in name or ".ndjson" in name
    records = json_lines(stream) if one_a_line else json_records(stream, _LISTS)
    for found in records:
        if found.problem:
            yield Rejected(found.where, found.name[:80], found.problem)
        elif found.name in API_SECTIONS or (found.name and not isinstance(found.value, dict)):
            # Of one study or one record alone, or what stands beside a list (a page's token).
            alone[found.name] = found.value
        else:
            yield from _json_record(found)
    if API_SECTIONS & alone.keys():
        yield _made(study, alone, 1)
    elif {"abstract", "text", "contents"} & alone.keys():
        yield _made(plain_record, alone, 1)
    elif "nct_id" in alone:
        yield _made(flat_study, alone, 1)


def _json_record(found: JsonRecord) -> Iterator[Record]:
    value, where = found.value, found.where
    if not isinstance(value, dict):
        yield Rejected(where, found.name, "not an object")
    elif "protocolSection" in value:
        yield _made(study, value, where)
    elif "nct_id" in value:
        yield _made(flat_study, value, where)
    elif found.name == "resultList":
        for number, item in enumerate(_items(value.get("result")), 1):
            yield _made(europe_pmc, item, number)
    elif "CONTEXTS" in value:
        yield _made(partial(pubmedqa, found.name), value, where)
    elif "passages" in value:
        yield _made(bioc_document, value, where)
    elif isinstance(value.get("documents"), list):
        for item in value["documents"]:
            yield _made(bioc_document, item, where)
    elif not found.name or "abstract" in value:
        yield _made(plain_record, value, where)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _made(read: Callable[[dict[str, Any], int], Record], item: Any, where: int) -> Record:
    """What a function makes of a record, rejected where it isn't what the function's layout has."""
    if not isinstance(item, dict):
        return Rejected(where, "", "not an object")
    try:
        return read(item, where)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        what = plain(repr(error)).partition(" [type=")[0]  # pydantic goes on for three lines
        return Rejected(where, "", f"not in its layout: {what}"[:200])


def _read_bioc(stream: IO[bytes], name: str) -> Iterator[Record]:
    if stream.peek(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):  # type: ignore[attr-defined]  # a buffered reader
        yield from _read_json(stream, name)
        return
    for record in xml_records(stream, ("document",)):
        try:
            element = parsed(record)
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
        whole = {"id": element.findtext("id") or "", "passages": passages}
        yield _made(bioc_document, whole, record.number)


_READERS: dict[str, Callable[[IO[bytes], str], Iterator[Record]]] = {
    "pubmed": lambda stream, _: read_pubmed(stream),
    "pmc": lambda stream, _: read_jats(stream),
    "trials": _read_json,
    "bioc": _read_bioc,
    "pubmedqa": _read_json,
    "jsonl": _read_json,
    "mimic-notes": lambda stream, _: read_notes(stream),
}
