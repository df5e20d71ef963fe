"""Reads articles from JSON: BioC collections, PubMedQA, Europe PMC's answers, and single_line records.

Where a record's fields aren't of its layout's types, each function raises `KeyError`, `TypeError`,
`AttributeError` or `ValueError`; `kedrec.documents.reading` then rejects the record.
"""

from __future__ import annotations

import re
from typing import Any

from kedrec.documents.document import Document, Record, Rejected, Retraction, Section, single_line, written
from kedrec.documents.jats import recognize_licence
from kedrec.documents.pubmed import PUBLISHER

__all__ = ["parse_bioc_document", "parse_europe_pmc", "parse_plain_record", "parse_pubmedqa"]

_NO_TEXT = frozenset({"REF", "REFERENCES", "TABLE", "COMP_INT", "AUTH_CONT", "ACK_FUND", "SUPPL", "KEYWORD"})
_SAFE_ID = re.compile(r"[\w.:/-]{1,200}")
_MARKUP = re.compile(r"<[^<>]{1,60}>")


def parse_pubmedqa(pmid: str, item: dict[str, Any], position: int) -> Record:
    """Reads the abstract of one PubMedQA question.

    The question is often the article's title, so neither is in the text: a search for the question then finds
    its abstract only by what the abstract says.
    """
    texts = list(zip(item.get("LABELS") or [], item["CONTEXTS"], strict=False))
    answer = item.get("LONG_ANSWER") or ""
    sections = [
        Section(single_line(label).capitalize(), single_line(text), "abstract")
        for label, text in texts
        if text
    ]
    if answer:
        sections.append(Section("Conclusion", single_line(answer), "abstract"))
    if not sections:
        return Rejected(position, f"pubmedqa:{pmid}", "empty abstract")
    return Document(
        f"pubmedqa:{pmid}", "article", "", tuple(sections), date=written(item.get("YEAR")), licence="MIT",
        redistributable=True, url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/", keys=(f"PMID:{pmid}",),
    )  # fmt: skip


def parse_bioc_document(item: dict[str, Any], position: int) -> Record:
    """Reads one document of a BioC collection in JSON; passages of references and tables are left out."""
    local = written(item["id"])
    infons: dict[str, Any] = {}
    title, sections = "", []
    for passage in item["passages"]:
        passage_infons = passage.get("infons") or {}
        infons = {**passage_infons, **infons}
        kind = str(passage_infons.get("section_type") or passage_infons.get("section") or "").upper()
        role = str(passage_infons.get("type") or "").lower()
        text = single_line(passage.get("text") or "")
        if kind in _NO_TEXT or role in ("ref", "table", "footnote") or not text:
            continue
        if not title and (role in ("title", "front") or kind == "TITLE"):
            title = text
        elif not role.startswith("title"):  # a heading repeats the section type
            name = (kind or role).replace("_", " ").capitalize()
            sections.append(Section(name, text, "abstract" if "abstract" in f"{kind} {role}".lower() else ""))
    pmid = written(infons.get("article-id_pmid") or (local if local.isdigit() and "PMC" not in local else ""))
    pmc = written(infons.get("article-id_pmc") or (local if local.upper().startswith("PMC") else ""))
    pmc = pmc.upper().removeprefix("PMC")
    if not _SAFE_ID.fullmatch(local):
        return Rejected(position, local[:80], "no id that can be used")
    if title.upper().startswith("RETRACTED"):
        return Retraction(position, f"bioc:{local}", (f"PMID:{pmid}",) if pmid else (), "retracted")
    if not sections:
        return Rejected(position, f"bioc:{local}", "empty abstract")
    licence, free = recognize_licence(str(infons.get("license") or ""))
    keys = [key for key in (pmid and f"PMID:{pmid}", pmc and f"PMCID:PMC{pmc}") if key]
    url = f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else ""
    return Document(
        f"bioc:{local}", "article", title, tuple(sections), date=written(infons.get("year")),
        licence=licence if free else PUBLISHER, redistributable=free,
        url=url or (f"https://pmc.ncbi.nlm.nih.gov/articles/PMC{pmc}/" if pmc else ""), keys=tuple(keys),
    )  # fmt: skip


def parse_europe_pmc(item: dict[str, Any], position: int) -> Record:
    """Reads one result of a Europe PMC search with `resultType=core`."""
    source, local = single_line(str(item.get("source") or "")), written(item.get("id"))
    pmid, pmc = written(item.get("pmid")), written(item.get("pmcid"))
    id_ = f"pubmed:{pmid}" if pmid else f"europepmc:{source}/{local}"
    if not local or not isinstance(item.get("title"), str):
        return Rejected(position, id_, "not a result of Europe PMC")
    keys = [key for key in (pmid and f"PMID:{pmid}", pmc and f"PMCID:{pmc}") if key]
    if isinstance(item.get("doi"), str):
        keys.append(f"DOI:{item['doi'].lower()}")
    types = {str(kind).lower() for kind in (item.get("pubTypeList") or {}).get("pubType") or ()}
    if "retracted publication" in types or "retraction of publication" in types:
        notice = "retracted publication" not in types
        return Retraction(
            position, id_, () if notice else tuple(keys), "a notice of retraction" if notice else "retracted"
        )
    abstract = single_line(_MARKUP.sub(" ", item.get("abstractText") or ""))
    if not abstract:
        return Rejected(position, id_, "empty abstract")
    licence = str(item.get("license") or "").lower()
    free = licence.startswith("cc")
    return Document(
        id_, "article", single_line(_MARKUP.sub("", item["title"])),
        (Section("Abstract", abstract, "abstract"),),
        date=written(item.get("firstPublicationDate") or item.get("pubYear")),
        licence=licence.upper().replace(" ", "-") if free else PUBLISHER, redistributable=free,
        url=f"https://europepmc.org/article/{source}/{local}", keys=tuple(keys),
    )  # fmt: skip


def parse_plain_record(item: dict[str, Any], position: int) -> Record:
    """Reads a record with `id` or `pmid`, `title`, and `abstract` or `text`.

    Optional: `year` or `date`, `licence`, `source`, `url`, `doi`, `retracted`.

    Without `source`, a record with a PubMed number counts as PubMed's, and one that also has BioCreative's
    annotations (`cid`) as BC5CDR's.
    """
    pmid = written(item.get("pmid"))
    source = item.get("source") or ("bc5cdr" if "cid" in item and pmid else "pubmed" if pmid else "jsonl")
    local = written(item.get("id") or pmid)
    if not _SAFE_ID.fullmatch(local):
        return Rejected(position, local[:80], "no id that can be used")
    id_ = f"{single_line(str(source)).lower().replace(' ', '-')}:{local.removeprefix(f'{source}:')}"
    text = item.get("abstract") or item.get("text") or item.get("contents") or ""
    if not isinstance(text, str) or not text.strip():
        return Rejected(position, id_, "empty abstract")
    if item.get("retracted") is True:
        return Retraction(position, id_, (f"PMID:{pmid}",) if pmid else (id_,), "retracted")
    licence = item.get("licence") or item.get("license")
    name, free = ("public domain", True) if source == "bc5cdr" else (PUBLISHER, False)
    if licence:
        name, free = recognize_licence(str(licence))
        free = free or str(licence).upper().startswith(("CC", "MIT"))
    keys = [
        key for key in (pmid and f"PMID:{pmid}", item.get("doi") and f"DOI:{str(item['doi']).lower()}") if key
    ]
    return Document(
        id_, "article", single_line(str(item.get("title") or "")),
        (Section("Abstract", single_line(text), "abstract"),),
        date=written(item.get("date") or item.get("year")), licence=name, redistributable=free,
        url=str(item.get("url") or (f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "")),
        keys=tuple(keys),
    )  # fmt: skip
