"""From free text to entities: names, synonyms, cross-references, spelling, typos."""

from __future__ import annotations

from kedrec.naming.name_index import MAX_LENGTH, SURE, NameIndex

__all__ = ["MAX_LENGTH", "SURE", "NameIndex"]
