"""Reads PubMed's XML: E-utilities' answers and baseline or update files (2025 DTD and before)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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

__all__ = ["PUBLISHER", "read_pubmed"]

PUBLISHER = "publisher's copyright"
"""Licence of abstracts: they belong to their publishers, and are indexed for the user alone."""
_MONTHS = {
    name: str(number)
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}


def read_pubmed(stream: IO[bytes]) -> Iterator[Record]:
    """Reads the articles of a PubMed file.

    Raises:
        DataError: the file is damaged; the articles before the damage have been yielded.
    """
    for record in xml_records(stream, ("PubmedArticle", "PubmedBookArticle", "DeleteCitation")):
        try:
            element = parse_record(record)
        except DataError as error:
            yield Rejected(record.number, "", str(error))
            continue
        if element.tag == "DeleteCitation":
            deleted = tuple(f"PMID:{single_line(pmid.text or '')}" for pmid in element.iter("PMID"))
            yield Retraction(record.number, "", deleted, "deleted by PubMed")
        elif element.tag == "PubmedBookArticle":
            yield Rejected(record.number, "", "a book, not an article")
        else:
            yield _article(element, record.number)


def _article(element: Element, position: int) -> Record:
    citation = element.find("MedlineCitation")
    pmid = _text(_find(citation, "PMID"))
    article = _find(citation, "Article")
    if not pmid.isdigit() or citation is None or article is None:
        return Rejected(position, pmid, "no PubMed number or no article")
    id_ = f"pubmed:{pmid}"
    if retraction := _retraction(citation, article, pmid, position):
        return retraction
    sections = _abstract(citation, article)
    if not sections:
        return Rejected(position, id_, "empty abstract")
    keys = [f"PMID:{pmid}"]
    for entry in _children(element, "PubmedData", "ArticleIdList"):
        kind, value = entry.get("IdType"), _text(entry)
        if value and kind in ("doi", "pmc"):
            keys.append(f"DOI:{value.lower()}" if kind == "doi" else f"PMCID:{value}")
    return Document(
        id=id_,
        kind="article",
        title=_text(article.find("ArticleTitle")) or _text(article.find("VernacularTitle")),
        sections=sections,
        date=_date(_find(article, "Journal", "JournalIssue", "PubDate"))
        or _date(article.find("ArticleDate")),
        licence=PUBLISHER,
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/",
        keys=tuple(keys),
        revised=_date(citation.find("DateRevised")),
    )


def _find(element: Element | None, *path: str) -> Element | None:
    """Returns the first element at a path, step by step: several times as fast as one path string."""
    for tag in path:
        element = None if element is None else element.find(tag)
    return element


def _children(element: Element, *path: str) -> Iterable[Element]:
    parent = _find(element, *path)
    return () if parent is None else parent


def _retraction(citation: Element, article: Element, pmid: str, position: int) -> Retraction | None:
    types = {_text(kind) for kind in _children(article, "PublicationTypeList")}
    linked: dict[str, list[str]] = {}
    for comment in _children(citation, "CommentsCorrectionsList"):
        linked.setdefault(comment.get("RefType", ""), []).append(_text(comment.find("PMID")))
    if "Retraction of Publication" in types or "RetractionOf" in linked:
        keys = tuple(f"PMID:{retracted}" for retracted in linked.get("RetractionOf", ()) if retracted)
        return Retraction(position, f"pubmed:{pmid}", keys, "a notice of retraction")
    if "Retracted Publication" in types or "RetractionIn" in linked:
        return Retraction(position, f"pubmed:{pmid}", (f"PMID:{pmid}",), "retracted")
    return None


def _abstract(citation: Element, article: Element) -> tuple[Section, ...]:
    parts = _abstract_texts(article.findall("Abstract")) or _abstract_texts(citation.findall("OtherAbstract"))
    sections = ((part.get("Label", ""), _text(part)) for part in parts)
    return tuple(
        Section(name.capitalize() or "Abstract", text, "abstract") for name, text in sections if text
    )


def _abstract_texts(abstracts: list[Element]) -> list[Element]:
    return [part for abstract in abstracts for part in abstract.findall("AbstractText")]


def _text(element: Element | None) -> str:
    if element is None:
        return ""
    return single_line("".join(element.itertext()) if len(element) else element.text or "")


def _date(element: Element | None) -> str:
    """Returns `2018-05-17`, `2018-05` or `2018`; of a MedlineDate (`1998 Dec-1999 Jan`) the first year."""
    if element is None:
        return ""
    year = _text(element.find("Year")) or _text(element.find("MedlineDate"))[:4]
    month = _text(element.find("Month"))
    return format_date(year, _MONTHS.get(month[:3].lower(), month), _text(element.find("Day")))
