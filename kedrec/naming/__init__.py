"""Resolution of free text to entities: names, synonyms, cross-references, spelling, typos."""

from __future__ import annotations

from kedrec.naming.hits import MIN_SURE_SCORE
from kedrec.naming.name_index import NameIndex
from kedrec.naming.query import MAX_LENGTH

__all__ = ["MAX_LENGTH", "MIN_SURE_SCORE", "NameIndex"]
