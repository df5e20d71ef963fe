"""Splits a large XML file into records, each parsed alone, in constant memory; damage to one spares others.

Tags delimit the records before anything is parsed. A file that defines entities is refused (entity bombs,
external entities); defusedxml parses the records. Elements and attributes go by their local names, whatever
namespaces are declared: no two layouts differ by namespace alone.
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

__all__ = ["XmlRecord", "parse_record", "xml_records"]

_CHUNK = 1 << 18
_LONGEST_HEAD = 1 << 20
_LONGEST_TAG = 256  # bytes of a tag that may lie across two blocks
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding=[\"']([\w.-]+)[\"']")
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]*)([^>]*)>")
_NAMESPACE = re.compile(rb"""\bxmlns(?::[\w.-]+)?\s*=\s*(?:"[^"]*"|'[^']*')""")
_PREFIXED = re.compile(rb"[<\s/]([A-Za-z_][\w.-]*):[A-Za-z_]")
_DECLARED = re.compile(rb"\bxmlns:([A-Za-z_][\w.-]*)\s*=")
_NAMED_CHARACTER = re.compile(rb"&([A-Za-z][A-Za-z0-9]*);")
_XML_CHARACTERS = frozenset({b"amp", b"lt", b"gt", b"quot", b"apos"})


@dataclass(frozen=True, slots=True)
class XmlRecord:
    """One record: its number from 1, its bytes (empty if too long), its file's encoding and namespaces."""

    number: int
    content: bytes
    encoding: bytes
    namespaces: bytes

    @property
    def too_long(self) -> bool:
        """True for a record longer than `MAX_RECORD`."""
        return not self.content


def xml_records(stream: IO[bytes], names: tuple[str, ...]) -> Iterator[XmlRecord]:
    """Yields the elements called `names` of a file, in order.

    Raises:
        DataError: the file defines entities, has no such element, or ends before it should.
    """
    wanted = b"|".join(name.encode() for name in names)
    begins = re.compile(rb"<((?:[A-Za-z_][\w.-]*:)?(?:" + wanted + rb"))(?=[\s>])")
    source = _utf8(stream)
    head, buffer = _head(source, begins)
    encoding, root, spaces = _read_head(head, begins)
    root_end, number = b"</" + root, 0
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
    if root and root_end not in buffer[-4096:]:
        raise DataError(f"it ends after {number} records without {root_end.decode()}>: it is cut off.")


def _utf8(stream: IO[bytes]) -> Iterator[bytes]:
    """Yields the file's blocks; UTF-16, in which tags can't be searched as bytes, becomes UTF-8."""
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
    while (start := begins.search(head)) is None:
        chunk = next(source, b"")
        if not chunk or len(head) > _LONGEST_HEAD:
            if _ENTITY.search(head):
                raise DataError("it defines entities, which no source of texts does: refused.")
            raise DataError("it has no records of the kinds that are read.")
        head += chunk
    return head[: start.start()], head[start.start() :]


def _read_head(head: bytes, begins: re.Pattern[bytes]) -> tuple[bytes, bytes, bytes]:
    """Returns the encoding, the root's name ("" where a record is the root) and the root's namespaces."""
    if _ENTITY.search(head):
        raise DataError("it defines entities, which no source of texts does: refused.")
    declared = _ENCODING.search(head)
    root = next((tag for tag in _ROOT.finditer(head) if not begins.match(tag[0])), None)
    spaces = b" ".join(_NAMESPACE.findall(root[2])) if root else b""
    return declared[1] if declared else b"UTF-8", root[1] if root else b"", spaces


def _element(source: Iterator[bytes], buffer: bytes, closing: re.Pattern[bytes]) -> tuple[bytes, bytes]:
    """Splits the bytes after an element's end tag; of an element that is too long no bytes are returned."""
    position, truncated = 0, False
    while (end_tag := closing.search(buffer, position)) is None:
        chunk = next(source, b"")
        if not chunk:
            raise DataError("it ends in the middle of a record: it is cut off.")
        if len(buffer) > MAX_RECORD:
            buffer, truncated = buffer[-_LONGEST_TAG:], True
        position = max(0, len(buffer) - _LONGEST_TAG)
        buffer += chunk
    end = end_tag.end()
    return (b"" if truncated or end > MAX_RECORD else buffer[:end]), buffer[end:]


def parse_record(record: XmlRecord) -> Element:
    """Parses a record into an element.

    Raises:
        DataError: the record isn't XML, or is too long.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if record.too_long:
        raise DataError(f"longer than {MAX_RECORD >> 20} MB")
    try:
        try:
            return _local_names(fromstring(_wrap(record, record.content)))
        except ParseError as error:
            if "undefined entity" not in str(error) and "unbound prefix" not in str(error):
                raise
            content = _NAMED_CHARACTER.sub(_character, record.content)
            return _local_names(fromstring(_wrap(record, content, _missing_declarations(record))))
    except (ParseError, ValueError, LookupError, DefusedXmlException) as error:
        raise DataError(f"not XML: {error}") from error


def _wrap(record: XmlRecord, content: bytes, declarations: bytes = b"") -> bytes:
    head = b'<?xml version="1.0" encoding="' + record.encoding + b'"?>'
    return head + b"<kedrec " + record.namespaces + declarations + b">" + content + b"</kedrec>"


def _missing_declarations(record: XmlRecord) -> bytes:
    """Declares the prefixes that an element between the file's root and the record would have declared."""
    known = set(_DECLARED.findall(record.namespaces))
    used = sorted(set(_PREFIXED.findall(record.content)) - known - {b"xml", b"xmlns"})
    return b"".join(b' xmlns:%s="urn:%s"' % (prefix, prefix) for prefix in used)


def _local_names(root: Element) -> Element:
    """Returns the record in `root`, with namespaces removed from its tags and attributes."""
    record = root[0]
    for element in record.iter():
        # A comment's tag isn't a string.
        if isinstance(element.tag, str) and element.tag.startswith("{"):
            element.tag = element.tag.rpartition("}")[2]
        if any(name.startswith("{") for name in element.attrib):
            element.attrib = {name.rpartition("}")[2]: value for name, value in element.attrib.items()}
    return record


def _character(match: re.Match[bytes]) -> bytes:
    """Replaces a named character (`&alpha;`), which only a DTD would define, by its number."""
    code = html.entities.name2codepoint.get(match[1].decode())
    return match[0] if code is None or match[1] in _XML_CHARACTERS else f"&#{code};".encode()
