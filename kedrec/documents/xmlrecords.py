"""Cuts a large XML file into its records, each parsed alone: constant memory, and one damaged record is one.

Records are found by their tags before anything is parsed. Entities are never defined by a file: one that
tries to is refused (entity bombs, external entities), and defusedxml parses what is left. An element or
attribute is called by its local name, whatever namespaces are declared: no two layouts differ by that.
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from kedrec.common.limits import MAX_RECORD
from kedrec.errors import DataError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["XmlRecord", "parsed", "xml_records"]

_CHUNK = 1 << 18
_LONGEST_HEAD = 1 << 20
_LONGEST_TAG = 256  # bytes of a tag that may lie across two blocks
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding=[\"']([\w.-]+)[\"']")
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]*)([^>]*)>")
_NAMESPACE = re.compile(rb"""\bxmlns(?::[\w.-]+)?\s*=\s*(?:"[^"]*"|'[^']*')""")
_PREFIXED = re.compile(rb"[<\s/]([A-Za-z_][\w.-]*):[A-Za-z_]")
_DECLARED = re.compile(rb"\bxmlns:([A-Za-z_][\w.-]*)\s*=")
_NAMED = re.compile(rb"&([A-Za-z][A-Za-z0-9]*);")
_OWN = frozenset({b"amp", b"lt", b"gt", b"quot", b"apos"})


@dataclass(frozen=True, slots=True)
class XmlRecord:
    """One record: its number from 1, its bytes (none if too long), and what its file's head says."""

    number: int
    content: bytes
    encoding: bytes
    namespaces: bytes

    @property
    def too_long(self) -> bool:
        """Whether it is longer than `MAX_RECORD`."""
        return not self.content


def xml_records(stream: IO[bytes], names: tuple[str, ...]) -> Iterator[XmlRecord]:
    """The elements called `names` in a file, in its order.

    Raises:
        DataError: the file defines entities, has no such element, or ends before it should.
    """
    wanted = b"|".join(name.encode() for name in names)
    begins = re.compile(rb"<((?:[A-Za-z_][\w.-]*:)?(?:" + wanted + rb"))(?=[\s>])")
    source = _utf8(stream)
    head, rest = _head(source, begins)
    encoding, root, spaces = _read_head(head, begins)
    ends, number, buffer = b"</" + root, 0, rest
    while True:
        start = begins.search(buffer)
        if start is None:
            chunk = next(source, b"")
            if not chunk:
                break
            buffer = buffer[-_LONGEST_TAG:] + chunk
            continue
        number += 1
        closing = re.compile(b"</" + re.escape(start[1]) + rb"\s{0,9}>")
        buffer = buffer[start.start() :]
        content, buffer = _element(source, buffer, closing)
        yield XmlRecord(number, content, encoding, spaces)
    if root and ends not in buffer[-4096:]:
        raise DataError(f"it ends after {number} records without {ends.decode()}>: it is cut off.")


def _utf8(stream: IO[bytes]) -> Iterator[bytes]:
    """The file's blocks; UTF-16, where tags can't be looked for, becomes UTF-8."""
    import codecs

    first = stream.read(_CHUNK)
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        decoder = codecs.getincrementaldecoder("utf-16")("replace")
        text = decoder.decode(first).replace("UTF-16", "UTF-8", 1).replace("utf-16", "UTF-8", 1)
        yield text.encode()
        while chunk := stream.read(_CHUNK):
            yield decoder.decode(chunk).encode()
        return
    yield first.removeprefix(codecs.BOM_UTF8)
    while chunk := stream.read(_CHUNK):
        yield chunk


def _head(source: Iterator[bytes], begins: re.Pattern[bytes]) -> tuple[bytes, bytes]:
    head = b""
    while (found := begins.search(head)) is None:
        chunk = next(source, b"")
        if not chunk or len(head) > _LONGEST_HEAD:
            if _ENTITY.search(head):
                raise DataError("it defines entities, which no source of texts does: refused.")
            raise DataError("it has no records of the kinds that are read.")
        head += chunk
    return head[: found.start()], head[found.start() :]


def _read_head(head: bytes, begins: re.Pattern[bytes]) -> tuple[bytes, bytes, bytes]:
    """Encoding, name of the root ("" where a record is the root) and its namespaces."""
    if _ENTITY.search(head):
        raise DataError("it defines entities, which no source of texts does: refused.")
    declared = _ENCODING.search(head)
    root = next((found for found in _ROOT.finditer(head) if not begins.match(found[0])), None)
    spaces = b" ".join(_NAMESPACE.findall(root[2])) if root else b""
    return declared[1] if declared else b"UTF-8", root[1] if root else b"", spaces


def _element(source: Iterator[bytes], buffer: bytes, closing: re.Pattern[bytes]) -> tuple[bytes, bytes]:
    """The bytes up to an element's end tag, and what follows; nothing of an element that is too long."""
    searched, dropped = 0, False
    while (found := closing.search(buffer, searched)) is None:
        chunk = next(source, b"")
        if not chunk:
            raise DataError("it ends in the middle of a record: it is cut off.")
        if len(buffer) > MAX_RECORD:
            buffer, dropped = buffer[-_LONGEST_TAG:], True
        searched = max(0, len(buffer) - _LONGEST_TAG)
        buffer += chunk
    end = found.end()
    return (b"" if dropped or end > MAX_RECORD else buffer[:end]), buffer[end:]


def parsed(record: XmlRecord) -> Element:
    """The record as an element.

    Raises:
        DataError: it is no XML, or is too long.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if record.too_long:
        raise DataError(f"longer than {MAX_RECORD >> 20} MB")
    try:
        try:
            return _inner(fromstring(_whole(record, record.content)))
        except ParseError as error:
            if "undefined entity" not in str(error) and "unbound prefix" not in str(error):
                raise
            content = _NAMED.sub(_character, record.content)
            return _inner(fromstring(_whole(record, content, _undeclared(record))))
    except (ParseError, ValueError, LookupError, DefusedXmlException) as error:
        raise DataError(f"not XML: {error}") from error


def _whole(record: XmlRecord, content: bytes, more: bytes = b"") -> bytes:
    head = b'<?xml version="1.0" encoding="' + record.encoding + b'"?>'
    return head + b"<kedrec " + record.namespaces + more + b">" + content + b"</kedrec>"


def _undeclared(record: XmlRecord) -> bytes:
    """Declarations of the prefixes that an element between the file's root and the record declares."""
    known = set(_DECLARED.findall(record.namespaces))
    used = sorted(set(_PREFIXED.findall(record.content)) - known - {b"xml", b"xmlns"})
    return b"".join(b' xmlns:%s="urn:%s"' % (one, one) for one in used)


def _inner(element: Element) -> Element:
    record = element[0]
    for one in record.iter():
        # A comment's tag is no text.
        if isinstance(one.tag, str) and one.tag.startswith("{"):
            one.tag = one.tag.rpartition("}")[2]
        if any(name.startswith("{") for name in one.attrib):
            one.attrib = {name.rpartition("}")[2]: value for name, value in one.attrib.items()}
    return record


def _character(found: re.Match[bytes]) -> bytes:
    """A named character of HTML (`&alpha;`), which a DTD that isn't fetched would define, by its number."""
    code = html.entities.name2codepoint.get(found[1].decode())
    return found[0] if code is None or found[1] in _OWN else f"&#{code};".encode()
