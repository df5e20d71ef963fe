"""Reads articles from JSON: BioC collections, PubMedQA, Europe PMC's answers, and plain records.

Of a record that has something else where its layout has text, a list or an object, each function raises a
`KeyError`, `TypeError`, `AttributeError` or `ValueError`; `kedrec.documents.reading` rejects it then.
"""

from __future__ import annotations

import re
from typing import Any

from kedrec.documents.document import Document, Record, Rejected, Retraction, Section, plain, written
from kedrec.documents.jats import licence_of
from kedrec.documents.pubmed import PUBLISHER

__all__ = ["bioc_document", "europe_pmc", "plain_record", "pubmedqa"]

_NO_TEXT = frozenset({"REF", "REFERENCES", "TABLE", "COMP_INT", "AUTH_CONT", "ACK_FUND", "SUPPL", "KEYWORD"})
_SAFE_ID = re.compile(r"[\w.:/-]{1,200}")
_MARKUP = re.compile(r"<[^<>]{1,60}>")


def pubmedqa(pmid: str, item: dict[str, Any], where: int) -> Record:
    """One question's abstract. The question is often the article's title, so neither is in the text.

    A question can then only find its abstract by what the abstract says.
    """
    texts = list(zip(item.get("LABELS") or [], item["CONTEXTS"], strict=False))
    answer = item.get("LONG_ANSWER") or ""
    sections = [Section(plain(label).capitalize(), plain(text), "abstract") for label, text in texts if text]
    if answer:
        sections.append(Section("Conclusion", plain(answer), "abstract"))
    if not sections:
        return Rejected(where, f"pubmedqa:{pmid}", "empty abstract")
    return Document(
        f"pubmedqa:{pmid}", "article", "", tuple(sections), date=written(item.get("YEAR")), licence="MIT",
        redistributable=True, url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/", keys=(f"PMID:{pmid}",),
    )  # fmt: skip


def bioc_document(item: dict[str, Any], where: int) -> Record:
    """A document of a BioC collection, as its JSON has it: passages without references."""
    local = written(item["id"])
    infons: dict[str, Any] = {}
    title, sections = "", []
    for passage in item["passages"]:
        said = passage.get("infons") or {}
        infons = {**said, **infons}
        kind = str(said.get("section_type") or said.get("section") or "").upper()
        role = str(said.get("type") or "").lower()
        text = plain(passage.get("text") or "")
        if kind in _NO_TEXT or role in ("ref", "table", "footnote") or not text:
            continue
        if not title and (role in ("title", "front") or kind == "TITLE"):
            title = text
        elif not role.startswith("title"):  # a heading, which names what follows
            name = (kind or role).replace("_", " ").capitalize()
            sections.append(Section(name, text, "abstract" if "abstract" in f"{kind} {role}".lower() else ""))
    pmid = written(infons.get("article-id_pmid") or (local if local.isdigit() and "PMC" not in local else ""))
    pmc = written(infons.get("article-id_pmc") or (local if local.upper().startswith("PMC") else ""))
    pmc = pmc.upper().removeprefix("PMC")
    if not _SAFE_ID.fullmatch(local):
        return Rejected(where, local[:80], "no id that can be used")
    if title.upper().startswith("RETRACTED"):
        return Retraction(where, f"bioc:{local}", (f"PMID:{pmid}",) if pmid else (), "retracted")
    if not sections:
        return Rejected(where, f"bioc:{local}", "empty abstract")
    licence, free = licence_of(str(infons.get("license") or ""))
    keys = [key for key in (pmid and f"PMID:{pmid}", pmc and f"PMCID:PMC{pmc}") if key]
    url = f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else ""
    return Document(
        f"bioc:{local}", "article", title, tuple(sections), date=written(infons.get("year")),
        licence=licence if free else PUBLISHER, redistributable=free,
        url=url or (f"https://pmc.ncbi.nlm.nih.gov/articles/PMC{pmc}/" if pmc else ""), keys=tuple(keys),
    )  # fmt: skip


def europe_pmc(item: dict[str, Any], where: int) -> Record:
    """One result of a search of Europe PMC with `resultType=core`."""
    source, local = plain(str(item.get("source") or "")), written(item.get("id"))
    pmid, pmc = written(item.get("pmid")), written(item.get("pmcid"))
    id_ = f"pubmed:{pmid}" if pmid else f"europepmc:{source}/{local}"
    if not local or not isinstance(item.get("title"), str):
        return Rejected(where, id_, "not a result of Europe PMC")
    keys = [key for key in (pmid and f"PMID:{pmid}", pmc and f"PMCID:{pmc}") if key]
    if isinstance(item.get("doi"), str):
        keys.append(f"DOI:{item['doi'].lower()}")
    types = {str(kind).lower() for kind in (item.get("pubTypeList") or {}).get("pubType") or ()}
    if "retracted publication" in types or "retraction of publication" in types:
        notice = "retracted publication" not in types
        return Retraction(
            where, id_, () if notice else tuple(keys), "a notice of retraction" if notice else "retracted"
        )
    abstract = plain(_MARKUP.sub(" ", item.get("abstractText") or ""))
    if not abstract:
        return Rejected(where, id_, "empty abstract")
    given = str(item.get("license") or "").lower()
    free = given.startswith("cc")
    return Document(
        id_, "article", plain(_MARKUP.sub("", item["title"])), (Section("Abstract", abstract, "abstract"),),
        date=written(item.get("firstPublicationDate") or item.get("pubYear")),
        licence=given.upper().replace(" ", "-") if free else PUBLISHER, redistributable=free,
        url=f"https://europepmc.org/article/{source}/{local}", keys=tuple(keys),
    )  # fmt: skip


def plain_record(item: dict[str, Any], where: int) -> Record:
    """A record with `id` or `pmid`, `title`, and `abstract` or `text`.

    Optional: `year` or `date`, `licence`, `source`, `url`, `doi`, `retracted`.

    A record with a PubMed number is PubMed's; with the mentions of BioCreative's corpora it is theirs.
    """
    pmid = written(item.get("pmid"))
    named = item.get("source") or ("bc5cdr" if "cid" in item and pmid else "pubmed" if pmid else "jsonl")
    local = written(item.get("id") or pmid)
    if not _SAFE_ID.fullmatch(local):
        return Rejected(where, local[:80], "no id that can be used")
    id_ = f"{plain(str(named)).lower().replace(' ', '-')}:{local.removeprefix(f'{named}:')}"
    text = item.get("abstract") or item.get("text") or item.get("contents") or ""
    if not isinstance(text, str) or not text.strip():
        return Rejected(where, id_, "empty abstract")
    if item.get("retracted") is True:
        return Retraction(where, id_, (f"PMID:{pmid}",) if pmid else (id_,), "retracted")
    licence = item.get("licence") or item.get("license")
    name, free = ("public domain", True) if named == "bc5cdr" else (PUBLISHER, False)
    if licence:
        name, free = licence_of(str(licence))
        free = free or str(licence).upper().startswith(("CC", "MIT"))
    keys = [
        key for key in (pmid and f"PMID:{pmid}", item.get("doi") and f"DOI:{str(item['doi']).lower()}") if key
    ]
    return Document(
        id_, "article", plain(str(item.get("title") or "")), (Section("Abstract", plain(text), "abstract"),),
        date=written(item.get("date") or item.get("year")), licence=name, redistributable=free,
        url=str(item.get("url") or (f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "")),
        keys=tuple(keys),
    )  # fmt: skip
