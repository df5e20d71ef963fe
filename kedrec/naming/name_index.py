"""Finds what a text names in a graph, and says how sure that is."""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from kedrec.errors import AmbiguousNameError, StoreError, UnknownNameError, UsageError
from kedrec.naming.fuzzy import Fuzzy, contained
from kedrec.naming.normalize import Forms, compact, forms, reordered
from kedrec.naming.query import (
    MAX_LENGTH,
    asked_curie,
    asked_kinds,
    asked_text,
    noun_of,
    quoted,
    with_article,
)
from kedrec.naming.retired_ids import find_retired
from kedrec.naming.sqlite_index import SALTED, hashed, open_tables
from kedrec.naming.synonyms import other_names
from kedrec.naming.tags import untagged
from kedrec.schema import load_schema
from kedrec.types import Entity, NameMatch

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.stores import GraphStore

__all__ = ["MAX_LENGTH", "SURE", "NameIndex"]

_NEAREST = 5  # candidates an error names
_CONSIDERED = 50.0  # score of what an ontology names in the stead of an id that it gave up
_AT_ONCE = 900  # values of one statement; SQLite's builds take 999 at least
SURE = 87.0
"""Matches from this score on are the name itself, in one writing or another; others only resemble it."""


# How a name matched, from the surest on, with its score. `resolve` takes the first of these that has a match
# and wants it to be one entity.
_SCORES = {
    "id": 100.0,
    "cross-reference": 100.0,
    "name": 100.0,
    "case": 99.0,
    "synonym": 98.0,
    "spelling": 95.0,
    "plural": 93.0,
    "word order": 91.0,
    "wording": 89.0,
    "salt form": 88.0,
    "other name": SURE,
    "vocabulary tag": SURE,
}
_TIERS = {why: tier for tier, why in enumerate(_SCORES)}
_TIERS["other name"] = _TIERS["salt form"]
_AS_WRITTEN = frozenset({"name", "case"})


@dataclass(frozen=True, slots=True)
class _Hit:
    """One name or id that matched: its tier (0 is surest), and whether it is the entity's preferred name."""

    tier: int
    preferred: bool
    match: NameMatch

    @property
    def order(self) -> tuple[int, bool, int, str, str]:
        entity = self.match.entity
        return self.tier, not self.preferred, _kind_order(entity.kind), entity.id, self.match.matched

    @property
    def otherwise(self) -> _Hit:
        """The same hit for a text that is another name of what was looked up."""
        other = {"why": "other name", "score": _SCORES["other name"]}
        return _Hit(_TIERS["other name"], self.preferred, self.match.model_copy(update=other))

    @property
    def tagged(self) -> _Hit:
        """The same hit for a text that has a vocabulary's tag besides."""
        why = "vocabulary tag" if self.match.why in _AS_WRITTEN else f"vocabulary tag, {self.match.why}"
        other = {"why": why, "score": _SCORES["vocabulary tag"]}
        return _Hit(self.tier, self.preferred, self.match.model_copy(update=other))


def _kind_order(kind: str) -> int:
    return list(load_schema().kinds).index(kind)


class NameIndex:
    """The names, synonyms, ids and cross-references of one graph. The same text gives the same matches.

    A preferred name outranks a synonym, and a closer writing a further one. What only resembles the text
    (a typo, part of a name) is offered and never taken for it.
    """

    def __init__(self, tables: sqlite3.Connection) -> None:
        self._tables = tables
        self._fuzzy = Fuzzy(tables)

    @classmethod
    def open(cls, store: GraphStore, cache_dir: Path, progress: Progress | None = None) -> Self:
        """The names of a graph.

        The first time for a graph they are read from it (about 4 s for 200,000 names) and kept under
        `cache_dir`; after that opening takes a millisecond beside asking the store what it holds.

        Args:
            store: the graph.
            cache_dir: folder of the index; where it can't be written the index stays in memory.
            progress: told the stage, the nodes done and all nodes.

        Raises:
            EmptyGraphError: the graph has no nodes.
            StoreError: the graph can't be read.
        """
        return cls(open_tables(store, cache_dir, progress))

    def close(self) -> None:
        """Gives back the index's file; again does nothing."""
        self._tables.close()

    def entity(self, id: str, kind: str | None = None) -> Entity:  # noqa: A002  # what it is
        """The entity with exactly this id (not a cross-reference).

        Raises:
            UnknownNameError: the graph has no such id.
            AmbiguousNameError: several kinds have it and none was given.
        """
        rows = self._rows("SELECT id, kind, name FROM entities WHERE id = ? ORDER BY entity", [id])
        found = [Entity(id=row[0], kind=row[1], name=row[2]) for row in rows if kind in (None, row[1])]
        if not found:
            if gone := self._retired(id, list(load_schema().kinds)):
                raise gone
            raise UnknownNameError(
                f"The graph has no {noun_of(kind)} with the id {quoted(id)}.", "`kedrec search` finds ids."
            )
        if len(found) > 1:
            kinds = " and a ".join(noun_of(entity.kind) for entity in found)
            raise AmbiguousNameError(
                f"The id {id} stands for a {kinds}.",
                "Say which kind is meant.",
                [NameMatch(entity=entity, matched=id, why="id", score=100.0) for entity in found],
            )
        return found[0]

    def same_name(self, entity: Entity, kind: str) -> list[str]:
        """The ids of a kind's entities whose preferred name differs from another's in writing at most."""
        words = forms(entity.name).words
        rows = self._rows(
            "SELECT DISTINCT e.id FROM names AS n JOIN entities AS e USING (entity) "
            "WHERE n.compact = ? AND n.words = ? AND n.preferred AND e.kind = ? ORDER BY e.id",
            [hashed(compact(words)), words, kind],
        )
        return [row[0] for row in rows]

    def writings(self, entities: Sequence[Entity]) -> dict[str, list[tuple[str, bool]]]:
        """Every name of some entities, by id, and whether it is the preferred one."""
        found: dict[str, list[tuple[str, bool]]] = {entity.id: [] for entity in entities}
        ids = list(found)
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            rows = self._rows(
                "SELECT e.id, n.text, n.preferred FROM names AS n JOIN entities AS e USING (entity) "  # noqa: S608  # question marks alone
                f"WHERE n.entity IN (SELECT entity FROM entities WHERE id IN ({marks})) ORDER BY n.row",
                some,
            )
            for id_, text, preferred in rows:
                found[id_].append((text, bool(preferred)))
        return found

    def referring(self, curies: Sequence[str]) -> list[tuple[str, str]]:
        """Each of some CURIEs with the id of every entity that has it as a cross-reference."""
        found: list[tuple[str, str]] = []
        for start in range(0, len(curies), _AT_ONCE):
            some = {curie.upper(): curie for curie in curies[start : start + _AT_ONCE]}
            marks = ", ".join("?" * len(some))
            query = (
                "SELECT DISTINCT i.curie, e.id FROM ids AS i JOIN entities AS e USING (entity) "  # noqa: S608  # question marks alone
                f"WHERE NOT i.own AND i.curie IN ({marks}) ORDER BY i.curie, e.id"
            )
            rows = self._rows(query, list(some))
            found += [(some[curie], id_) for curie, id_ in rows]
        return found

    def search(self, text: str, kinds: Sequence[str] | None = None, limit: int = 10) -> list[NameMatch]:
        """What a text may name, best first, one match an entity.

        Args:
            text: a name, synonym, id or cross-reference, possibly misspelt, up to `MAX_LENGTH` characters.
            kinds: only these kinds (`Disease`, `Drug`, ...); None: all.
            limit: most matches, 1 or more.

        Raises:
            UsageError: the text is empty, too long or no text; a kind isn't one; the limit isn't positive.
        """
        if limit < 1:
            raise UsageError(f"The limit is {limit}.", "Give a number from 1.")
        asked = asked_text(text)
        chosen = asked_kinds(kinds)
        hits = _one_each(self._hits(asked, chosen))
        matches = [hit.match for hit in hits[:limit]]
        if len(matches) < limit and not (hits and _is_id(hits[0])):
            known = {(match.entity.kind, match.entity.id) for match in matches}
            matches += [
                match
                for match in self._nearest(asked, chosen, limit)
                if (match.entity.kind, match.entity.id) not in known
            ]
        return matches[:limit]

    def resolve(self, text: str, kind: str | Sequence[str] | None = None) -> Entity:
        """The one entity that a text names.

        Case, hyphens, plural, word order, possessives, Greek letters, roman numerals, British and American
        spelling, a drug's salt and a vocabulary's tag may differ from the graph's names. A misspelt name is
        not taken for the one it resembles.

        Args:
            text: a name, synonym, id or cross-reference.
            kind: the kind it must be of, or several; None: any.

        Raises:
            UsageError: as `search`.
            UnknownNameError: no entity of that kind has the name; `candidates` holds the nearest ones, or the
                entities of other kinds that have it.
            AmbiguousNameError: several have it equally; `candidates` holds them.
        """
        best = self.resolved(text, kind)
        return best.entity

    def resolved(self, text: str, kind: str | Sequence[str] | None = None) -> NameMatch:
        """The match by which `resolve` finds its entity. Raises as `resolve`."""
        kinds = [kind] if isinstance(kind, str) else kind
        asked = asked_text(text)
        chosen = asked_kinds(kinds)
        hits = self._hits(asked, chosen)
        if not hits:
            raise self._unknown(asked, chosen)
        candidates = _candidates(hits)
        if len(candidates) > 1:
            raise AmbiguousNameError(
                f"{quoted(asked)} stands for {len(candidates)} entities of the graph.",
                "Give the id of the one that is meant.",
                [hit.match for hit in candidates],
            )
        return candidates[0].match

    def _nearest(self, asked: str, kinds: Sequence[str], limit: int) -> list[NameMatch]:
        """The entities whose names resemble what was asked, are longer or are part of it, best first."""
        words = forms(asked).words
        matches = [*contained(self._tables, words, kinds, limit), *self._fuzzy.nearest(words, kinds, limit)]
        best: dict[tuple[str, str], NameMatch] = {}
        for match in sorted(matches, key=lambda match: -match.score):
            best.setdefault((match.entity.kind, match.entity.id), match)
        return list(best.values())[:limit]

    def _unknown(self, asked: str, kinds: Sequence[str]) -> UnknownNameError:
        if gone := self._retired(asked, kinds):
            return gone
        noun = noun_of(kinds[0] if len(kinds) == 1 else None)
        nearest = self._nearest(asked, kinds, _NEAREST)
        elsewhere = _one_each(self._hits(asked, list(load_schema().kinds)))[:_NEAREST]
        lacking = ""
        if not self._rows(f"SELECT 1 FROM kinds WHERE kind IN ({', '.join('?' * len(kinds))})", kinds):  # noqa: S608  # question marks alone
            lacking = f"The graph has no {noun} at all: `kedrec-load sources` lists what can be loaded."
        if elsewhere:
            is_a = with_article(noun_of(elsewhere[0].match.entity.kind))
            return UnknownNameError(
                f"{quoted(asked)} is no {noun}: it is {is_a}.",
                lacking or f"Give the name or the id of {with_article(noun)}.",
                [*(hit.match for hit in elsewhere), *nearest],
            )
        hint = "Give one of these names or ids exactly." if nearest else "`kedrec search` finds names."
        hint = lacking or hint
        return UnknownNameError(f"The graph has no {noun} named {quoted(asked)}.", hint, nearest)

    def _retired(self, asked: str, kinds: Sequence[str]) -> UnknownNameError | None:
        """What to say of an id that its ontology has given up; None of any other text."""
        gone = find_retired(self._tables, asked_curie(asked))
        if gone is None:
            return None
        considered = _one_each(hit for id_ in gone.consider for hit in self._by_id(id_, kinds, bare=False))
        told = {"why": "to consider", "matched": gone.id, "score": _CONSIDERED}
        return UnknownNameError(
            gone.what, gone.hint, [hit.match.model_copy(update=told) for hit in considered]
        )

    def _hits(self, asked: str, kinds: Sequence[str]) -> list[_Hit]:
        by_id = self._by_id(asked, kinds, bare=False)
        if by_id:
            return by_id
        return (
            self._by_names(asked, kinds)
            or self._by_id(asked, kinds, bare=True)
            or self._without_tags(asked, kinds)
        )

    def _without_tags(self, asked: str, kinds: Sequence[str]) -> list[_Hit]:
        """Matches of a name without the tags that a vocabulary added to it; of the fewest taken off."""
        for shorter in untagged(asked):
            allowed = [kind for kind in kinds if shorter.kinds is None or kind in shorter.kinds]
            if hits := self._by_names(shorter.name, allowed):
                return [hit.tagged for hit in hits]
        return []

    def _by_names(self, asked: str, kinds: Sequence[str]) -> list[_Hit]:
        """Matches of a name, and of other names of the same thing where none is closer than a salt's base."""
        named = self._by_name(asked, kinds)
        if named and min(hit.tier for hit in named) < _TIERS["salt form"]:
            return named
        # A salt's base and a name that shares no word are equally far; where they differ, neither is taken.
        others = [hit.otherwise for name in other_names(asked) for hit in self._by_name(name, kinds)]
        return [*named, *others]

    def _by_id(self, asked: str, kinds: Sequence[str], *, bare: bool) -> list[_Hit]:
        """Matches of a CURIE, or of an id without its prefix."""
        if bare:
            column, value = "local", asked.upper()
        else:
            column, value = "curie", asked_curie(asked)
        if not value:
            return []
        rows = self._rows(
            "SELECT ids.own, ids.curie, e.id, e.kind, e.name FROM ids JOIN entities AS e USING (entity) "  # noqa: S608  # one of two columns
            f"WHERE ids.{column} = ?",
            [value],
        )
        hits = []
        for own, curie_text, id_, kind, name in rows:
            if kind in kinds:
                why = "id" if own else "cross-reference"
                entity = Entity(id=id_, kind=kind, name=name)
                match = NameMatch(entity=entity, matched=curie_text, why=why, score=_SCORES[why])
                hits.append(_Hit(_TIERS[why], bool(own), match))
        return hits

    def _by_name(self, asked: str, kinds: Sequence[str]) -> list[_Hit]:
        form = forms(asked)
        if not form.words:
            return []
        base = hashed(compact(form.base))
        rows = self._rows(
            "SELECT n.preferred, n.text, e.id, e.kind, e.name "
            "FROM names AS n JOIN entities AS e USING (entity) "
            "WHERE n.compact IN (?1, ?3) OR n.bag = ?2 OR n.base = ?3",
            [hashed(compact(form.words)), hashed(form.bag), base],
        )
        hits = []
        for preferred, text, id_, kind, name in rows:
            why = _why(asked, form, text, salted=kind in SALTED) if kind in kinds else ""
            if why:
                said = "synonym" if why == "name" and not preferred else why
                tier = _TIERS["synonym"] if why in ("name", "case") and not preferred else _TIERS[why]
                score = min(_SCORES[said], 100.0 if preferred else _SCORES["synonym"])
                match = NameMatch(
                    entity=Entity(id=id_, kind=kind, name=name), matched=text, why=said, score=score
                )
                hits.append(_Hit(tier, bool(preferred), match))
        return hits

    def _rows(self, query: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        try:
            return self._tables.execute(query, tuple(parameters)).fetchall()
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"The index of names is damaged: {error}.",
                "Delete the files names-* in KEDRec's cache folder.",
            ) from error


def _is_id(hit: _Hit) -> bool:
    return hit.match.why in ("id", "cross-reference")


def _candidates(hits: Sequence[_Hit]) -> list[_Hit]:
    """The hits that are equally what was asked for, one an entity: within a kind, those of the best tier.

    As it was written, a name stands for what each kind has by it; written otherwise, for the closest only.
    """
    best = {kind: min(hit.tier for hit in hits if hit.match.entity.kind == kind) for kind in _kinds_of(hits)}
    exact = _TIERS["synonym"]
    closest = min(best.values())
    return _one_each(
        hit
        for hit in hits
        if hit.tier == best[hit.match.entity.kind]
        and (hit.tier == closest or (hit.tier <= exact and closest <= exact))
    )


def _kinds_of(hits: Iterable[_Hit]) -> set[str]:
    return {hit.match.entity.kind for hit in hits}


def _one_each(hits: Iterable[_Hit]) -> list[_Hit]:
    """The best hit of each entity, best first."""
    best: dict[tuple[str, str], _Hit] = {}
    for hit in sorted(hits, key=lambda hit: hit.order):
        best.setdefault((hit.match.entity.kind, hit.match.entity.id), hit)
    return list(best.values())


def _why(asked: str, form: Forms, text: str, *, salted: bool) -> str:
    """How a stored name and the asked one are the same; "" where they aren't (equal hashes apart)."""
    given = " ".join(unicodedata.normalize("NFC", text).split())
    if given.casefold() == asked.casefold():
        return "name" if given == asked else "case"
    other = forms(text)
    why = ""
    if compact(other.words) == compact(form.words):
        why = "spelling" if compact(other.spelled) == compact(form.spelled) else "plural"
    elif form.bag and other.bag == form.bag:
        why = "word order" if reordered(other, form) else "wording"
    elif salted and form.base and compact(other.base) == compact(form.base):
        why = "salt form"
    return why
