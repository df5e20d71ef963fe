"""Reads PubMed's XML: E-utilities' answers and baseline or update files (2025 DTD and before)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING

from kedrec.documents.document import Document, Record, Rejected, Retraction, Section, date_of, plain
from kedrec.documents.xmlrecords import parsed, xml_records
from kedrec.errors import DataError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["PUBLISHER", "read_pubmed"]

PUBLISHER = "publisher's copyright"
"""Licence of abstracts: they belong to their publishers, and are indexed for their reader alone."""
_MONTHS = {
    name: str(number)
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}


def read_pubmed(stream: IO[bytes]) -> Iterator[Record]:
    """The articles of a file of PubMed.

    Raises:
        DataError: the file is damaged; what was before the damage has been given.
    """
    for record in xml_records(stream, ("PubmedArticle", "PubmedBookArticle", "DeleteCitation")):
        try:
            element = parsed(record)
        except DataError as error:
            yield Rejected(record.number, "", str(error))
            continue
        if element.tag == "DeleteCitation":
            gone = tuple(f"PMID:{plain(pmid.text or '')}" for pmid in element.iter("PMID"))
            yield Retraction(record.number, "", gone, "deleted by PubMed")
        elif element.tag == "PubmedBookArticle":
            yield Rejected(record.number, "", "a book, not an article")
        else:
            yield _article(element, record.number)


def _article(element: Element, where: int) -> Record:
    citation = element.find("MedlineCitation")
    pmid = _text(_at(citation, "PMID"))
    article = _at(citation, "Article")
    if not pmid.isdigit() or citation is None or article is None:
        return Rejected(where, pmid, "no PubMed number or no article")
    id_ = f"pubmed:{pmid}"
    if retraction := _retraction(citation, article, pmid, where):
        return retraction
    sections = _abstract(citation, article)
    if not sections:
        return Rejected(where, id_, "empty abstract")
    keys = [f"PMID:{pmid}"]
    for other in _under(element, "PubmedData", "ArticleIdList"):
        kind, value = other.get("IdType"), _text(other)
        if value and kind in ("doi", "pmc"):
            keys.append(f"DOI:{value.lower()}" if kind == "doi" else f"PMCID:{value}")
    return Document(
        id=id_,
        kind="article",
        title=_text(article.find("ArticleTitle")) or _text(article.find("VernacularTitle")),
        sections=sections,
        date=_date(_at(article, "Journal", "JournalIssue", "PubDate")) or _date(article.find("ArticleDate")),
        licence=PUBLISHER,
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/",
        keys=tuple(keys),
        revised=_date(citation.find("DateRevised")),
    )


def _at(element: Element | None, *path: str) -> Element | None:
    """The first element at a path: step by step, which is several times as fast as a path in one string."""
    for tag in path:
        element = None if element is None else element.find(tag)
    return element


def _under(element: Element, *path: str) -> Iterable[Element]:
    found = _at(element, *path)
    return () if found is None else found


def _retraction(citation: Element, article: Element, pmid: str, where: int) -> Retraction | None:
    types = {_text(kind) for kind in _under(article, "PublicationTypeList")}
    linked: dict[str, list[str]] = {}
    for comment in _under(citation, "CommentsCorrectionsList"):
        linked.setdefault(comment.get("RefType", ""), []).append(_text(comment.find("PMID")))
    if "Retraction of Publication" in types or "RetractionOf" in linked:
        keys = tuple(f"PMID:{taken}" for taken in linked.get("RetractionOf", ()) if taken)
        return Retraction(where, f"pubmed:{pmid}", keys, "a notice of retraction")
    if "Retracted Publication" in types or "RetractionIn" in linked:
        return Retraction(where, f"pubmed:{pmid}", (f"PMID:{pmid}",), "retracted")
    return None


def _abstract(citation: Element, article: Element) -> tuple[Section, ...]:
    found = _abstract_texts(article.findall("Abstract")) or _abstract_texts(citation.findall("OtherAbstract"))
    parts = ((part.get("Label", ""), _text(part)) for part in found)
    return tuple(Section(name.capitalize() or "Abstract", text, "abstract") for name, text in parts if text)


def _abstract_texts(abstracts: list[Element]) -> list[Element]:
    return [part for abstract in abstracts for part in abstract.findall("AbstractText")]


def _text(element: Element | None) -> str:
    if element is None:
        return ""
    return plain("".join(element.itertext()) if len(element) else element.text or "")


def _date(element: Element | None) -> str:
    """`2018-05-17`, `2018-05` or `2018`; the first year of a MedlineDate (`1998 Dec-1999 Jan`)."""
    if element is None:
        return ""
    year = _text(element.find("Year")) or _text(element.find("MedlineDate"))[:4]
    month = _text(element.find("Month"))
    return date_of(year, _MONTHS.get(month[:3].lower(), month), _text(element.find("Day")))
