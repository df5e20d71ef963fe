"""What is worked out of a document before it is written: its passages, and what stands for its content.

It needs the document and the graph's names alone, so that other processes can do it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from kedrec.documents.document import year_of
from kedrec.documents.passages import cuts

if TYPE_CHECKING:
    from kedrec.documents.document import Document
    from kedrec.documents.linking import Linker

__all__ = ["Passages", "content_digest", "passages_of", "passages_of_each"]

Passages: TypeAlias = list[dict[str, Any]]
"""The fields of a document's passages in the index, in order."""


def content_digest(document: Document, text: str, salt: str) -> str:
    """Stands for what a document says: an index that has it needn't write the document again.

    Args:
        text: `document.text`, put together once: it is as long as the record.
        salt: stands for the names that are looked for in it.
    """
    about = (
        document.title,
        document.date,
        document.licence,
        document.url,
        document.keys,
        document.facts,
        salt,
    )
    content = repr(about) + text
    return hashlib.blake2b(content.encode("utf-8", "replace"), digest_size=12).hexdigest()


def passages_of(document: Document, linker: Linker | None) -> Passages:
    """A document's passages as the index keeps them.

    Args:
        linker: finds the graph's entities in the text; None leaves them out.
    """
    text, title = document.text, document.title
    above = linker.find(title) if linker else []
    studied = _studied(document, linker) if linker else []
    source, year = document.id.partition(":")[0], document.year
    found: Passages = []
    for number, cut in enumerate(cuts(document)):
        part = text[cut.start : cut.end]
        named = list(dict.fromkeys([*above, *(linker.find(part) if linker else ()), *studied]))
        about = json.dumps([cut.section, cut.start, cut.end, named, cut.headings, cut.continued]).encode()
        fields: dict[str, Any] = {
            "id": f"{document.id}#{number}", "document": document.id, "kind": document.kind,
            "source": source, "entity": named, "studied": studied, "title": title, "text": part,
            "about": about,
        }  # fmt: skip
        if year is not None:
            fields["year"] = year
        if document.facts is not None:
            fields["standing"] = list(document.facts.standing)
            if (end := year_of(document.facts.end)) is not None:
                fields["end"] = end
        found.append(fields)
    return found


def passages_of_each(linker: Linker | None, documents: Sequence[Document]) -> list[Passages]:
    """The passages of several documents: one piece of work for another process."""
    return [passages_of(document, linker) for document in documents]


def _studied(document: Document, linker: Linker) -> list[str]:
    """What a trial itself says that it studied, beside what its text happens to name."""
    if document.facts is None:
        return []
    told = [*document.facts.conditions, *document.facts.interventions]
    return list(dict.fromkeys(id_ for name in told for id_ in linker.find(name)))
