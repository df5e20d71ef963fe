"""Prepares documents for the index: the fields of their passages and a digest of their content.

Needs the document and the graph's names alone, so that other processes can do it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from kedrec.documents.document import parse_year
from kedrec.documents.passages import passage_spans

if TYPE_CHECKING:
    from kedrec.documents.document import Document
    from kedrec.documents.linking import Linker

__all__ = ["Passages", "build_passages", "content_digest", "prepare_all"]

Passages: TypeAlias = list[dict[str, Any]]
"""The index fields of each of a document's passages, in order."""


def content_digest(document: Document, text: str, salt: str) -> str:
    """Hashes a document's content and its linker's names; the same digest needn't be indexed again.

    Args:
        text: `document.text`, joined once: it is as long as the record.
        salt: digest of the linker's names.
    """
    metadata = (
        document.title,
        document.date,
        document.licence,
        document.url,
        document.keys,
        document.facts,
        salt,
    )
    content = repr(metadata) + text
    return hashlib.blake2b(content.encode("utf-8", "replace"), digest_size=12).hexdigest()


def build_passages(document: Document, linker: Linker | None) -> Passages:
    """Builds the index fields of a document's passages.

    Args:
        linker: finds the graph's entities in the text; None: the passages have no entities.
    """
    text, title = document.text, document.title
    title_entities = linker.find(title) if linker else []
    studied = _studied_entities(document, linker) if linker else []
    source, year = document.id.partition(":")[0], document.year
    passages: Passages = []
    for number, span in enumerate(passage_spans(document)):
        part = text[span.start : span.end]
        entities = list(dict.fromkeys([*title_entities, *(linker.find(part) if linker else ()), *studied]))
        about = json.dumps(
            [span.section, span.start, span.end, entities, span.headings, span.continued]
        ).encode()
        fields: dict[str, Any] = {
            "id": f"{document.id}#{number}", "document": document.id, "kind": document.kind,
            "source": source, "entity": entities, "studied": studied, "title": title, "text": part,
            "about": about,
        }  # fmt: skip
        if year is not None:
            fields["year"] = year
        if document.facts is not None:
            fields["standing"] = list(document.facts.adverse_marks)
            if (end := parse_year(document.facts.end)) is not None:
                fields["end"] = end
        passages.append(fields)
    return passages


def prepare_all(linker: Linker | None, documents: Sequence[Document]) -> list[Passages]:
    """Builds the passages of several documents: one task for another process."""
    return [build_passages(document, linker) for document in documents]


def _studied_entities(document: Document, linker: Linker) -> list[str]:
    """Returns the entities that a trial's conditions and interventions name; its text may name others."""
    if document.facts is None:
        return []
    terms = [*document.facts.conditions, *document.facts.interventions]
    return list(dict.fromkeys(id_ for term in terms for id_ in linker.find(term)))
