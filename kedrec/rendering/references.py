"""Writes the references of an answer for a reference manager, as BibTeX or RIS.

They are the papers, trials and pages that the edges of the evidence and the texts name. A paper whose title
the graph doesn't know has its identifier and its address, from which a reference manager fetches the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kedrec.common.plain_text import one_line
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.types import Answer, DiseaseAnswer, Evidence, TextSource

__all__ = ["Reference", "bibtex", "references_of", "ris"]

_PAPERS = frozenset({"PMID", "PMCID", "PMC", "DOI"})
_BIBTEX_SPECIAL = re.compile(r"[\\{}$&#_%~^]")
_BIBTEX_WORDS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_KEY = re.compile(r"[^A-Za-z0-9]+")
_URL_SAFE = re.compile(r"[\s{}\\<>\"]")


@dataclass
class Reference:
    """Something that evidence refers to.

    Attributes:
        id: its CURIE, or its address.
        title: as its text has it; "" where only the identifier is known.
        year: "" where unknown.
        url: its page; "" where its vocabulary has none.
        cited: ids of the evidence, each with the drug and the disease of its pair.
    """

    id: str
    title: str = ""
    year: str = ""
    url: str = ""
    cited: list[str] = field(default_factory=list)

    @property
    def is_paper(self) -> bool:
        """True for an article, False for a trial, a page or data."""
        return self.id.partition(":")[0].upper() in _PAPERS


def references_of(answer: Answer | DiseaseAnswer) -> list[Reference]:
    """The references of an answer's evidence, in the order in which they come, each once."""
    references: dict[str, Reference] = {}
    for recommendation in answer:
        pair = f"{one_line(recommendation.drug.name)}, {one_line(recommendation.disease.name)}"
        items = (*recommendation.evidence, *recommendation.adverse, *recommendation.safety.cautions,
                 *recommendation.texts.all)  # fmt: skip
        for item in items:
            for reference in _of_item(item):
                known = references.setdefault(reference.id, reference)
                known.title, known.year = known.title or reference.title, known.year or reference.year
                note = f"{item.id} ({pair})"
                if note not in known.cited:
                    known.cited.append(note)
    return list(references.values())


def _of_item(item: Evidence) -> Iterable[Reference]:
    schema = load_schema()
    if item.text is not None:
        yield _of_text(item.text)
    for step in item.path.steps if item.path is not None else ():
        for edge in step.edges:
            for id_ in edge.references:
                yield Reference(id_, url=_safe_url(schema.url(id_)))


def _of_text(text: TextSource) -> Reference:
    """The reference of a document, by the identifier that a reference manager knows best."""
    ids = {key.partition(":")[0]: key for key in text.keys}  # a field, not a mapping's keys
    id_ = next((ids[prefix] for prefix in ("PMID", "DOI", "PMCID", "NCT") if prefix in ids), text.document)
    year = str(text.year) if text.year is not None else ""
    return Reference(id_, text.title, year, _safe_url(load_schema().url(id_)))


def _safe_url(url: str) -> str:
    return _URL_SAFE.sub(lambda match: f"%{ord(match[0]):02X}", url) if url.startswith("https://") else ""


def bibtex(references: Iterable[Reference]) -> str:
    """References as a BibTeX database."""
    entries = []
    taken: set[str] = set()
    for reference in references:
        key = base = _KEY.sub("_", reference.id).strip("_")[:60] or "reference"
        number = 1
        while key.lower() in taken:  # keys differ by more than case
            number += 1
            key = f"{base}_{number}"
        taken.add(key.lower())
        prefix, _, local = reference.id.partition(":")
        fields = {
            "title": _bibtex_text(reference.title or reference.id),
            "year": reference.year,
            "url": reference.url,
            "doi": _bibtex_text(local) if prefix == "DOI" else "",
            "eprint": _bibtex_text(local) if prefix == "PMID" else "",
            "eprinttype": "pubmed" if prefix == "PMID" else "",
            "note": _bibtex_text(f"{reference.id}; cited by {'; '.join(reference.cited)}"),
        }
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
        entries.append(f"@{'article' if reference.is_paper else 'misc'}{{{key},\n{lines}}}\n")
    return "\n".join(entries)


def ris(references: Iterable[Reference]) -> str:
    """References in RIS."""
    records = []
    for reference in references:
        prefix, _, local = reference.id.partition(":")
        fields = [
            ("TY", "JOUR" if reference.is_paper else "GEN"),
            ("TI", one_line(reference.title or reference.id)),
            ("PY", reference.year),
            ("DO", one_line(local) if prefix == "DOI" else ""),
            ("AN", one_line(local) if prefix == "PMID" else ""),
            ("DB", "PubMed" if prefix == "PMID" else ""),
            ("UR", reference.url),
            ("N1", one_line(f"{reference.id}; cited by {'; '.join(reference.cited)}")),
        ]
        records.append("".join(f"{tag}  - {value}\r\n" for tag, value in fields if value) + "ER  - \r\n")
    return "\r\n".join(records)


def _bibtex_text(text: str) -> str:
    """A text on one line with BibTeX's and TeX's special characters escaped."""
    return _BIBTEX_SPECIAL.sub(lambda match: _BIBTEX_WORDS.get(match[0], f"\\{match[0]}"), one_line(text))
