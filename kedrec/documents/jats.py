"""Reads PubMed Central's full texts (JATS XML): sections, captions, no reference lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from kedrec.documents.document import (
    Document,
    Record,
    Rejected,
    Retraction,
    Section,
    format_date,
    single_line,
)
from kedrec.documents.xmlrecords import parse_record, xml_records
from kedrec.errors import DataError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["read_jats", "recognize_licence"]

_CREATIVE = re.compile(
    r"creativecommons\.org/(?:licenses/([a-z-]+)/(\d\.\d)|publicdomain/(zero|mark)/(\d\.\d))"
)
_OMITTED = frozenset({
    "ref-list", "disp-formula", "inline-formula", "tex-math", "math", "table", "fn-group", "glossary",
    "supplementary-material", "media", "graphic", "fn",
})  # fmt: skip
_CAPTIONED = frozenset({"fig", "table-wrap", "boxed-text", "fig-group"})
_PARAGRAPHS = frozenset({"p", "list", "disp-quote", "def-list", "statement", "verse-group", "speech"})
_LINK = "href"


def recognize_licence(address_or_words: str) -> tuple[str, bool]:
    """Returns a licence's short name from its address or wording, and True if it allows redistribution."""
    match = _CREATIVE.search(address_or_words.lower())
    if match and match[1]:
        return f"CC-{match[1].upper()}-{match[2]}", True
    if match:
        return (f"CC0-{match[4]}" if match[3] == "zero" else "public domain"), True
    words = single_line(address_or_words)
    lower = words.lower()
    if "creative commons attribution" in lower and "noncommercial" not in lower.replace("-", ""):
        return "CC-BY", True
    if "creative commons attribution" in lower:
        return "CC-BY-NC", True
    if "public domain" in lower:
        return "public domain", True
    return (words[:80] or "unknown"), False


def read_jats(stream: IO[bytes]) -> Iterator[Record]:
    """Reads the articles of a file: one `article`, or a set of them.

    Raises:
        DataError: the file is damaged; the articles before the damage have been yielded.
    """
    for xml in xml_records(stream, ("article",)):
        try:
            record = _article(parse_record(xml), xml.number)
        except (DataError, RecursionError) as error:
            yield Rejected(xml.number, "", str(error))
        else:
            yield record


def _article(element: Element, position: int) -> Record:
    meta = element.find("front/article-meta")
    if meta is None:
        return Rejected(position, "", "no article-meta")
    ids = {entry.get("pub-id-type", ""): _text(entry) for entry in meta.iterfind("article-id")}
    pmc = (ids.get("pmc") or ids.get("pmcid") or ids.get("pmcaid") or "").upper().removeprefix("PMC")
    local = f"PMC{pmc}" if pmc else ids.get("pmid") or ids.get("doi") or ids.get("publisher-id", "")
    if not local:
        return Rejected(position, "", "no id")
    id_ = f"pmc:{local}"
    keys = [f"PMCID:PMC{pmc}"] if pmc else []
    keys += [f"PMID:{ids['pmid']}"] if ids.get("pmid") else []
    keys += [f"DOI:{ids['doi'].lower()}"] if ids.get("doi") else []
    kind = element.get("article-type", "")
    if kind == "retraction":
        return Retraction(position, id_, _retracted_keys(meta), "a notice of retraction")
    title = _text(meta.find("title-group/article-title"))
    if title.upper().startswith(("RETRACTED:", "RETRACTED ARTICLE:")):
        return Retraction(position, id_, tuple(keys), "retracted")
    sections = [*_abstracts(meta), *_body(element)]
    if not sections:
        return Rejected(position, id_, "no abstract and no text")
    licence, free = _licence(meta)
    url = f"https://pmc.ncbi.nlm.nih.gov/articles/PMC{pmc}/" if pmc else ""
    return Document(
        id_, "article", title, tuple(sections), date=_date(meta), licence=licence, redistributable=free,
        url=url or (f"https://doi.org/{ids['doi']}" if ids.get("doi") else ""), keys=tuple(keys),
    )  # fmt: skip


def _retracted_keys(meta: Element) -> tuple[str, ...]:
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
    licence = meta.find("permissions/license")
    if licence is None:
        return recognize_licence(_text(meta.find("permissions/copyright-statement")))
    links = [
        element.get(_LINK) or _text(element)
        for element in licence.iter()
        if element.get(_LINK) or "license_ref" in str(element.tag)
    ]
    for link in links:
        name, free = recognize_licence(link)
        if free:
            return name, free
    return recognize_licence(_text(licence))


def _date(meta: Element) -> str:
    """Returns the earliest date of publication, "" where there is none."""
    dates = []
    for element in [*meta.iterfind("pub-date"), *meta.iterfind("history/date")]:
        if element.tag == "date" and element.get("date-type") != "pub":
            continue
        dates.append(format_date(*(_text(element.find(part)) for part in ("year", "month", "day"))))
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
    """Yields the text of a section's own paragraphs, then its captions, then its subsections."""
    paragraphs: list[str] = []
    captions: list[Section] = []
    subsections: list[Section] = []
    for child in element:
        if child.tag == "sec":
            title = _text(child.find("title"))
            subsections += _section(child, " / ".join(name for name in (heading, title) if name))
        elif child.tag in _CAPTIONED:
            captions += _caption(child)
        elif child.tag in _PARAGRAPHS:
            paragraphs.append(_text(child))
            captions += (
                caption for inside in child.iter() if inside.tag in _CAPTIONED for caption in _caption(inside)
            )
    text = " ".join(part for part in paragraphs if part)
    if text:
        yield Section(heading or ("" if element.tag == "abstract" else "Text"), text)
    yield from captions
    yield from subsections


def _caption(element: Element) -> Iterator[Section]:
    label = _text(element.find("label")) or ("Table" if element.tag == "table-wrap" else "Figure")
    caption = element.find("caption")
    text = " ".join(_text(part) for part in (list(caption) if caption is not None else []))
    if text.strip():
        yield Section(label.rstrip("."), single_line(text))


def _text(element: Element | None) -> str:
    """Returns an element's prose; captions are sections of their own, tables and formulas are omitted."""
    if element is None:
        return ""
    parts: list[str] = []
    _append_texts(element, parts)
    return single_line("".join(parts))


def _append_texts(element: Element, parts: list[str]) -> None:
    parts.append(element.text or "")
    for child in element:
        if not isinstance(child.tag, str):
            pass  # a comment or a processing instruction
        elif child.tag not in _OMITTED and child.tag not in _CAPTIONED:
            _append_texts(child, parts)
            if child.tag in ("p", "title", "list-item", "def-item"):
                parts.append(" ")
        parts.append(child.tail or "")
