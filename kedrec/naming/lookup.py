"""Finds the stored names and ids that equal a text, in the tables of a name index."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from typing import Any

from kedrec.errors import StoreError
from kedrec.naming.hits import SCORES, TIERS, Hit, equal_candidates, match_type
from kedrec.naming.normalize import compact_form, normal_forms
from kedrec.naming.query import parse_curie
from kedrec.naming.sqlite_index import SALTED_KINDS, hash_form
from kedrec.naming.synonyms import other_names
from kedrec.naming.tags import strip_tags
from kedrec.naming.wordings import DOUBTFUL, PREFERRED, SYNONYM
from kedrec.types import Entity, NameMatch

__all__ = ["NameLookup"]

_EPONYM = re.compile(r"([^\W\d_]{4,})['\u2019]?s")
_NAME_AND_ID = re.compile(r"(?P<name>[^\n]*[^\s,;([])[\s,;]*[\s,;([](?P<id>[A-Za-z][\w.]*:[^\s)\]]+)[)\]]?")


class NameLookup:
    """Exact look-ups in the tables of a name index; what only resembles a text is left to `fuzzy`."""

    def __init__(self, tables: sqlite3.Connection) -> None:
        self._tables = tables

    def hits(self, text: str, kinds: Sequence[str]) -> list[Hit]:
        """All hits of a text, in no order; [] where it names nothing.

        The first that has any of: CURIE, name, id without its prefix, name with its CURIE behind it, name
        without vocabulary tags.
        """
        return (
            self.by_id(text, kinds, bare=False)
            or self._by_names(text, kinds)
            or self.by_id(text, kinds, bare=True)
            or self._by_name_and_id(text, kinds)
            or self._without_tags(text, kinds)
        )

    def by_id(self, text: str, kinds: Sequence[str], *, bare: bool) -> list[Hit]:
        """Hits of a CURIE, or (`bare`) of an id without its prefix."""
        if bare:
            column, value = "local", text.upper()
        else:
            column, value = "curie", parse_curie(text)
        if not value:
            return []
        rows = self.rows(
            "SELECT ids.own, ids.curie, e.id, e.kind, e.name FROM ids JOIN entities AS e USING (entity) "  # noqa: S608  # one of two columns
            f"WHERE ids.{column} = ?",
            [value],
        )
        hits = []
        for own, curie_text, id_, kind, name in rows:
            if kind in kinds:
                why = "id" if own else "cross-reference"
                entity = Entity(id=id_, kind=kind, name=name)
                match = NameMatch(entity=entity, matched=curie_text, why=why, score=SCORES[why])
                hits.append(Hit(TIERS[why], PREFERRED if own else SYNONYM, match))
        return hits

    def _by_name_and_id(self, text: str, kinds: Sequence[str]) -> list[Hit]:
        """Hits of a name and its CURIE as answers print them: `gout (DOID:13189)`; [] where they disagree."""
        parts = _NAME_AND_ID.fullmatch(text)
        if parts is None:
            return []
        named = {hit.match.entity for hit in self._by_names(parts["name"], kinds)}
        return [hit for hit in self.by_id(parts["id"], kinds, bare=False) if hit.match.entity in named]

    def by_other_names(self, text: str, kinds: Sequence[str]) -> list[Hit]:
        """Hits of the other names of what a text names; of a disease called by a person's name alone."""
        hits = [
            hit.by_other_name()
            for name in other_names(text)
            for hit in equal_candidates(self._by_name(name, kinds))
        ]
        return hits or self._by_eponym(text, kinds)

    def _by_eponym(self, text: str, kinds: Sequence[str]) -> list[Hit]:
        """Hits of a disease named after somebody, called by that name alone: `Alzheimer's`, `alzheimers`.

        Only where a name of the disease is written with an apostrophe, so that `lungs` is no lung disease.
        """
        match = _EPONYM.fullmatch(text)
        hits = self._by_name(f"{match[1]} disease", kinds) if match else []
        entities = {hit.match.entity for hit in hits if "'s " in hit.match.matched}
        return [hit.by_other_name() for hit in hits if hit.match.entity in entities]

    def rows(self, query: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        """The rows of a statement.

        Raises:
            StoreError: the index is damaged.
        """
        try:
            return self._tables.execute(query, tuple(parameters)).fetchall()
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"The index of names is damaged: {error}.",
                "Delete the files names-* in KEDRec's cache folder.",
            ) from error

    def _without_tags(self, text: str, kinds: Sequence[str]) -> list[Hit]:
        """Hits of a name without the tags that a vocabulary added to it; as few tags off as give any."""
        for shorter in strip_tags(text):
            allowed = [kind for kind in kinds if shorter.kinds is None or kind in shorter.kinds]
            if hits := self._by_names(shorter.name, allowed):
                return [hit.with_tag() for hit in hits]
        return []

    def _by_names(self, text: str, kinds: Sequence[str]) -> list[Hit]:
        """Hits of a name, and of its synonyms where none is closer than a salt's base."""
        hits = self._by_name(text, kinds)
        if hits and min(hit.tier for hit in hits) < TIERS["salt form"]:
            return hits
        # A salt's base and a name that shares no word are equally far; where they differ, neither is taken.
        return [*hits, *self.by_other_names(text, kinds)]

    def _by_name(self, text: str, kinds: Sequence[str]) -> list[Hit]:
        form = normal_forms(text)
        if not form.words:
            return []
        base = hash_form(compact_form(form.base))
        rows = self.rows(
            "SELECT n.standing, n.text, e.id, e.kind, e.name "
            "FROM names AS n JOIN entities AS e USING (entity) "
            "WHERE n.compact IN (?, ?) OR n.bag = ? OR n.base = ?",
            [hash_form(compact_form(form.words)), base, hash_form(form.bag), base],
        )
        hits = []
        for standing, stored, id_, kind, name in rows:
            preferred = standing == PREFERRED
            why = match_type(text, form, stored, salted=kind in SALTED_KINDS) if kind in kinds else ""
            if why:
                reported = "synonym" if why == "name" and not preferred else why
                tier = TIERS["synonym"] if why in ("name", "case") and not preferred else TIERS[why]
                if standing == DOUBTFUL:  # any writing of a vocabulary's own wording is closer
                    tier = max(tier, TIERS["wording"])
                    reported = reported if tier > TIERS["wording"] else "other source's name"
                score = min(SCORES[reported], 100.0 if preferred else SCORES["synonym"])
                match = NameMatch(
                    entity=Entity(id=id_, kind=kind, name=name), matched=stored, why=reported, score=score
                )
                hits.append(Hit(tier, standing, match))
        return hits
