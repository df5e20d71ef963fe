"""Reads PubMed Central's full texts (JATS XML): sections, captions, no reference lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from kedrec.documents.document import Document, Record, Rejected, Retraction, Section, date_of, plain
from kedrec.documents.xmlrecords import parsed, xml_records
from kedrec.errors import DataError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["licence_of", "read_jats"]

_CREATIVE = re.compile(
    r"creativecommons\.org/(?:licenses/([a-z-]+)/(\d\.\d)|publicdomain/(zero|mark)/(\d\.\d))"
)
_LEFT_OUT = frozenset({
    "ref-list", "disp-formula", "inline-formula", "tex-math", "math", "table", "fn-group", "glossary",
    "supplementary-material", "media", "graphic", "fn",
})  # fmt: skip
_CAPTIONED = frozenset({"fig", "table-wrap", "boxed-text", "fig-group"})
_PARAGRAPHS = frozenset({"p", "list", "disp-quote", "def-list", "statement", "verse-group", "speech"})
_LINK = "href"


def licence_of(address_or_words: str) -> tuple[str, bool]:
    """A licence's short name and whether it lets a text be passed on, from its address or its words."""
    found = _CREATIVE.search(address_or_words.lower())
    if found and found[1]:
        return f"CC-{found[1].upper()}-{found[2]}", True
    if found:
        return (f"CC0-{found[4]}" if found[3] == "zero" else "public domain"), True
    words = plain(address_or_words)
    lower = words.lower()
    if "creative commons attribution" in lower and "noncommercial" not in lower.replace("-", ""):
        return "CC-BY", True
    if "creative commons attribution" in lower:
        return "CC-BY-NC", True
    if "public domain" in lower:
        return "public domain", True
    return (words[:80] or "unknown"), False


def read_jats(stream: IO[bytes]) -> Iterator[Record]:
    """The articles of a file: one `article`, or a set of them.

    Raises:
        DataError: the file is damaged; what was before the damage has been given.
    """
    for record in xml_records(stream, ("article",)):
        try:
            found = _article(parsed(record), record.number)
        except (DataError, RecursionError) as error:
            yield Rejected(record.number, "", str(error))
        else:
            yield found


def _article(element: Element, where: int) -> Record:
    meta = element.find("front/article-meta")
    if meta is None:
        return Rejected(where, "", "no article-meta")
    ids = {one.get("pub-id-type", ""): _text(one) for one in meta.iterfind("article-id")}
    pmc = (ids.get("pmc") or ids.get("pmcid") or ids.get("pmcaid") or "").upper().removeprefix("PMC")
    local = f"PMC{pmc}" if pmc else ids.get("pmid") or ids.get("doi") or ids.get("publisher-id", "")
    if not local:
        return Rejected(where, "", "no id")
    id_ = f"pmc:{local}"
    keys = [f"PMCID:PMC{pmc}"] if pmc else []
    keys += [f"PMID:{ids['pmid']}"] if ids.get("pmid") else []
    keys += [f"DOI:{ids['doi'].lower()}"] if ids.get("doi") else []
    kind = element.get("article-type", "")
    if kind == "retraction":
        return Retraction(where, id_, _retracted(meta), "a notice of retraction")
    title = _text(meta.find("title-group/article-title"))
    if title.upper().startswith(("RETRACTED:", "RETRACTED ARTICLE:")):
        return Retraction(where, id_, tuple(keys), "retracted")
    sections = [*_abstracts(meta), *_body(element)]
    if not sections:
        return Rejected(where, id_, "no abstract and no text")
    licence, free = _licence(meta)
    url = f"https://pmc.ncbi.nlm.nih.gov/articles/PMC{pmc}/" if pmc else ""
    return Document(
        id_, "article", title, tuple(sections), date=_date(meta), licence=licence, redistributable=free,
        url=url or (f"https://doi.org/{ids['doi']}" if ids.get("doi") else ""), keys=tuple(keys),
    )  # fmt: skip


def _retracted(meta: Element) -> tuple[str, ...]:
    keys = []
    for related in meta.iterfind("related-article"):
        if related.get("related-article-type") in ("retracted-article", "object-of-retraction"):
            kind, link = related.get("ext-link-type", ""), related.get(_LINK) or ""
            value = link.removeprefix("https://doi.org/").removeprefix("doi:")
            if kind == "pubmed" and link:
                keys.append(f"PMID:{link}")
            elif kind in ("pmc", "pmcid") and link:
                keys.append(f"PMCID:PMC{link.upper().removeprefix('PMC')}")
            elif value.startswith("10."):
                keys.append(f"DOI:{value.lower()}")
    return tuple(keys)


def _licence(meta: Element) -> tuple[str, bool]:
    given = meta.find("permissions/license")
    if given is None:
        return licence_of(_text(meta.find("permissions/copyright-statement")))
    links = [
        one.get(_LINK) or _text(one)
        for one in given.iter()
        if one.get(_LINK) or "license_ref" in str(one.tag)
    ]
    for link in links:
        name, free = licence_of(link)
        if free:
            return name, free
    return licence_of(_text(given))


def _date(meta: Element) -> str:
    """The earliest day of publication."""
    dates = []
    for given in [*meta.iterfind("pub-date"), *meta.iterfind("history/date")]:
        if given.tag == "date" and given.get("date-type") != "pub":
            continue
        dates.append(date_of(*(_text(given.find(part)) for part in ("year", "month", "day"))))
    return min(filter(None, dates), default="")


def _abstracts(meta: Element) -> Iterator[Section]:
    for abstract in meta.iterfind("abstract"):
        if abstract.get("abstract-type") in ("graphical", "teaser", "toc", "key-points"):
            continue
        parts = list(_section(abstract, ""))
        for part in parts:
            yield Section(part.name or "Abstract", part.text, "abstract")


def _body(element: Element) -> Iterator[Section]:
    body = element.find("body")
    if body is not None:
        yield from _section(body, "")
    for floats in element.iterfind("floats-group"):
        for figure in floats:
            yield from _caption(figure)


def _section(element: Element, heading: str) -> Iterator[Section]:
    """Text of a section's own paragraphs, then of its captions, then of the sections in it."""
    own: list[str] = []
    captions: list[Section] = []
    inner: list[Section] = []
    for child in element:
        if child.tag == "sec":
            title = _text(child.find("title"))
            inner += _section(child, " / ".join(name for name in (heading, title) if name))
        elif child.tag in _CAPTIONED:
            captions += _caption(child)
        elif child.tag in _PARAGRAPHS:
            own.append(_text(child))
            captions += (part for one in child.iter() if one.tag in _CAPTIONED for part in _caption(one))
    text = " ".join(part for part in own if part)
    if text:
        yield Section(heading or ("" if element.tag == "abstract" else "Text"), text)
    yield from captions
    yield from inner


def _caption(element: Element) -> Iterator[Section]:
    label = _text(element.find("label")) or ("Table" if element.tag == "table-wrap" else "Figure")
    caption = element.find("caption")
    text = " ".join(_text(part) for part in (list(caption) if caption is not None else []))
    if text.strip():
        yield Section(label.rstrip("."), plain(text))


def _text(element: Element | None) -> str:
    """The text of an element without what is no prose, and without captions, which stand apart."""
    if element is None:
        return ""
    parts: list[str] = []
    _gather(element, parts)
    return plain("".join(parts))


def _gather(element: Element, parts: list[str]) -> None:
    parts.append(element.text or "")
    for child in element:
        if not isinstance(child.tag, str):
            pass  # a comment or an instruction
        elif child.tag not in _LEFT_OUT and child.tag not in _CAPTIONED:
            _gather(child, parts)
            if child.tag in ("p", "title", "list-item", "def-item"):
                parts.append(" ")
        parts.append(child.tail or "")
