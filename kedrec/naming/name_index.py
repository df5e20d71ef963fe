"""Index of the names of a graph: resolves a text to an entity, and says how sure that is."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from kedrec.errors import AmbiguousNameError, UnknownNameError, UsageError
from kedrec.naming.fuzzy import FuzzyNames, contained_names
from kedrec.naming.hits import Hit, best_per_entity, equal_candidates, general_first
from kedrec.naming.lookup import NameLookup
from kedrec.naming.normalize import compact_form, normal_forms
from kedrec.naming.query import check_kinds, check_text, noun_of, parse_curie, quote_query, with_article
from kedrec.naming.retired_ids import find_retired
from kedrec.naming.sqlite_index import hash_form, open_tables
from kedrec.naming.synonyms import is_abbreviation
from kedrec.naming.wordings import HEADING, PREFERRED
from kedrec.schema import load_schema
from kedrec.types import Entity, NameMatch

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.stores import GraphStore

__all__ = ["NameIndex"]

_NEAREST = 5  # candidates an error names
_SUGGESTED_SCORE = 50.0  # of an id that an ontology suggests instead of a retired id
_MOST_ENTITIES = 20_000  # looked up by id and remembered
_BATCH = 900  # values of one statement; SQLite's builds take 999 at least


class NameIndex:
    """The names, synonyms, ids and cross-references of one graph. The same text gives the same matches.

    A preferred name outranks a synonym, and a closer writing a further one. What only resembles the text
    (a typo, part of a name) is offered and never resolved to.
    """

    def __init__(self, tables: sqlite3.Connection) -> None:
        self._tables = tables
        self._lookup = NameLookup(tables)
        self._fuzzy = FuzzyNames(tables)
        self._added: tuple[Entity, ...] = ()
        self._entities: dict[str, tuple[Entity, ...]] = {}

    def with_entity(self, entity: Entity) -> NameIndex:
        """The same names, and an entity that the graph lacks, to be found by its id."""
        names = NameIndex(self._tables)
        names._added = (*self._added, entity)
        return names

    @classmethod
    def open(cls, store: GraphStore, cache_dir: Path, progress: Progress | None = None) -> Self:
        """Opens the index of a graph.

        The first time for a graph the names are read from it (about 4 s for 200,000 names) and stored under
        `cache_dir`; after that opening takes a millisecond beside asking the store what it holds.

        Args:
            store: the graph.
            cache_dir: folder of the index; where it can't be written the index stays in memory.
            progress: called with the stage, the nodes done and all nodes.

        Raises:
            EmptyGraphError: the graph has no nodes.
            StoreError: the graph can't be read.
        """
        return cls(open_tables(store, cache_dir, progress))

    def close(self) -> None:
        """Closes the index's file; again does nothing."""
        self._tables.close()

    def entity(self, id: str, kind: str | None = None) -> Entity:  # noqa: A002  # the field's own name
        """The entity with exactly this id (not a cross-reference).

        Raises:
            UnknownNameError: the graph has no such id.
            AmbiguousNameError: several kinds have it and none was given.
        """
        stored = self._entities.get(id)
        if stored is None:
            rows = self._lookup.rows("SELECT id, kind, name FROM entities WHERE id = ? ORDER BY entity", [id])
            stored = tuple(Entity(id=row[0], kind=row[1], name=row[2]) for row in rows)
            if len(self._entities) >= _MOST_ENTITIES:
                self._entities.clear()
            self._entities[id] = stored
        entities = [entity for entity in stored if kind in (None, entity.kind)]
        entities += [entity for entity in self._added if entity.id == id and kind in (None, entity.kind)]
        if not entities:
            if error := self._retired_error(id, list(load_schema().kinds)):
                raise error
            raise UnknownNameError(
                f"The graph has no {noun_of(kind)} with the id {quote_query(id)}.",
                "`kedrec search` finds ids.",
            )
        if len(entities) > 1:
            kinds = " and a ".join(noun_of(entity.kind) for entity in entities)
            raise AmbiguousNameError(
                f"The id {id} stands for a {kinds}.",
                "Say which kind is meant.",
                [NameMatch(entity=entity, matched=id, why="id", score=100.0) for entity in entities],
            )
        return entities[0]

    def ids_of_same_name(self, entity: Entity, kind: str) -> list[str]:
        """The ids of a kind's entities whose preferred name differs from another's in writing at most."""
        words = normal_forms(entity.name).words
        rows = self._lookup.rows(
            "SELECT DISTINCT e.id FROM names AS n JOIN entities AS e USING (entity) "
            "WHERE n.compact = ? AND n.words = ? AND n.standing = 0 AND e.kind = ? ORDER BY e.id",
            [hash_form(compact_form(words)), words, kind],
        )
        return [row[0] for row in rows]

    def names_by_id(self, entities: Sequence[Entity]) -> dict[str, list[tuple[str, bool]]]:
        """Every name of some entities, by id, and whether it is the preferred one."""
        names: dict[str, list[tuple[str, bool]]] = {entity.id: [] for entity in entities}
        ids = list(names)
        for start in range(0, len(ids), _BATCH):
            batch = ids[start : start + _BATCH]
            marks = ", ".join("?" * len(batch))
            rows = self._lookup.rows(
                "SELECT e.id, n.text, n.standing FROM names AS n JOIN entities AS e USING (entity) "  # noqa: S608  # question marks alone
                f"WHERE n.entity IN (SELECT entity FROM entities WHERE id IN ({marks})) ORDER BY n.row",
                batch,
            )
            for id_, text, standing in rows:
                names[id_].append((text, standing == PREFERRED))
        return names

    def cross_references(self, curies: Sequence[str]) -> list[tuple[str, str]]:
        """Pairs of each CURIE and the id of every entity that has it as a cross-reference."""
        references: list[tuple[str, str]] = []
        for start in range(0, len(curies), _BATCH):
            batch = {curie.upper(): curie for curie in curies[start : start + _BATCH]}
            marks = ", ".join("?" * len(batch))
            query = (
                "SELECT DISTINCT i.curie, e.id FROM ids AS i JOIN entities AS e USING (entity) "  # noqa: S608  # question marks alone
                f"WHERE NOT i.own AND i.curie IN ({marks}) ORDER BY i.curie, e.id"
            )
            rows = self._lookup.rows(query, list(batch))
            references += [(batch[curie], id_) for curie, id_ in rows]
        return references

    def search(self, text: str, kinds: Sequence[str] | None = None, limit: int = 10) -> list[NameMatch]:
        """Entities that a text may name, best first, one match an entity.

        Args:
            text: a name, synonym, id or cross-reference, possibly misspelt, up to `MAX_LENGTH` characters.
            kinds: only these kinds (`Disease`, `Drug`, ...); None: all.
            limit: most matches, 1 or more.

        Raises:
            UsageError: the text is empty, too long or no text; a kind isn't one; the limit isn't positive.
        """
        if limit < 1:
            raise UsageError(f"The limit is {limit}.", "Give a number from 1.")
        query = check_text(text)
        kinds = check_kinds(kinds)
        hits = best_per_entity(self._lookup.hits(query, kinds))
        matches = [hit.match for hit in hits[:limit]]
        if len(matches) < limit and not (hits and hits[0].is_id):
            exact = {(match.entity.kind, match.entity.id) for match in matches}
            matches += [
                match
                for match in self._nearest(query, kinds, limit)
                if (match.entity.kind, match.entity.id) not in exact
            ]
        return matches[:limit]

    def exact_matches(self, text: str, kind: str) -> list[NameMatch]:
        """The entities of a kind that have a text as a name or id, in whatever writing, best first.

        Raises:
            UsageError: as `search`.
        """
        return [
            hit.match for hit in best_per_entity(self._lookup.hits(check_text(text), check_kinds([kind])))
        ]

    def is_retired(self, id: str) -> bool:  # noqa: A002  # the field's own name
        """True for an id that an ontology of the graph has retired without a successor."""
        return find_retired(self._tables, parse_curie(id)) is not None

    def resolve(self, text: str, kind: str | Sequence[str] | None = None) -> Entity:
        """The one entity that a text names.

        Case, hyphens, plural, word order, possessives, Greek letters, roman numerals, British and American
        spelling, a drug's salt and a vocabulary's tag may differ from the graph's names. A misspelt name is
        not resolved to the one it resembles.

        Args:
            text: a name, synonym, id or cross-reference.
            kind: the kind it must be of, or several; None: any.

        Raises:
            UsageError: as `search`.
            UnknownNameError: no entity of that kind has the name; `candidates` holds the nearest ones, or the
                entities of other kinds that have it.
            AmbiguousNameError: several have it equally; `candidates` holds them.
        """
        return self.resolve_match(text, kind).entity

    def resolve_match(self, text: str, kind: str | Sequence[str] | None = None) -> NameMatch:
        """The match by which `resolve` finds its entity. Raises as `resolve`."""
        query = check_text(text)
        kinds = check_kinds([kind] if isinstance(kind, str) else kind)
        hits = self._lookup.hits(query, kinds)
        if not hits:
            raise self._unknown_error(query, kinds)
        candidates = self._with_usual_meaning(query, kinds, equal_candidates(hits))
        if self._is_name_of_other_kind(query, kinds, candidates):
            raise self._unknown_error(query, kinds)
        if len(candidates) > 1:
            raise AmbiguousNameError(
                f"{quote_query(query)} stands for {len(candidates)} entities of the graph.",
                "Give the id of the one that is meant.",
                [hit.match for hit in general_first(candidates)],
            )
        return candidates[0].match

    def _is_name_of_other_kind(self, query: str, kinds: Sequence[str], candidates: Sequence[Hit]) -> bool:
        """True if a text is a synonym of the kinds and a drug or disease has it as its very name.

        Sources list a drug among a disease's synonyms, and a disease among a drug's brands ("Acne"). An
        abbreviation means what it says for each kind.
        """
        best = candidates[0]
        if best.is_id or best.standing <= HEADING or is_abbreviation(query):
            return False
        others = [kind for kind in ("Drug", "Disease") if kind not in kinds]
        return any(
            hit.standing == PREFERRED and hit.match.why in ("name", "case")
            for hit in (self._lookup.hits(query, others) if others else ())
        )

    def _with_usual_meaning(self, query: str, kinds: Sequence[str], candidates: list[Hit]) -> list[Hit]:
        """Puts what an abbreviation usually stands for first, where it is a synonym of something else."""
        if not is_abbreviation(query) or candidates[0].is_id or candidates[0].standing <= HEADING:
            return candidates
        usual = best_per_entity(self._lookup.by_other_names(query, kinds))
        entities = {hit.match.entity for hit in usual}
        with_meaning = [hit for hit in candidates if hit.match.entity in entities]
        others = [hit for hit in candidates if hit.match.entity not in entities]
        return [*(with_meaning or usual), *others]

    def _nearest(self, query: str, kinds: Sequence[str], limit: int) -> list[NameMatch]:
        """The entities whose names resemble the query, are longer or are part of it, best first."""
        words = normal_forms(query).words
        matches = [
            *contained_names(self._tables, words, kinds, limit),
            *self._fuzzy.nearest(words, kinds, limit),
        ]
        best: dict[tuple[str, str], NameMatch] = {}
        for match in sorted(matches, key=lambda match: -match.score):
            best.setdefault((match.entity.kind, match.entity.id), match)
        return list(best.values())[:limit]

    def _unknown_error(self, query: str, kinds: Sequence[str]) -> UnknownNameError:
        """The error for a query without a hit, with its candidates."""
        if error := self._retired_error(query, kinds):
            return error
        noun = noun_of(kinds[0] if len(kinds) == 1 else None)
        nearest = self._nearest(query, kinds, _NEAREST)
        elsewhere = best_per_entity(self._lookup.hits(query, list(load_schema().kinds)))[:_NEAREST]
        missing_kind = ""
        marks = ", ".join("?" * len(kinds))
        if not self._lookup.rows(f"SELECT 1 FROM kinds WHERE kind IN ({marks})", kinds):  # noqa: S608  # question marks alone
            missing_kind = f"The graph has no {noun} at all: `kedrec-load sources` lists what can be loaded."
        if elsewhere:
            is_a = with_article(noun_of(elsewhere[0].match.entity.kind))
            return UnknownNameError(
                f"{quote_query(query)} is no {noun}: it is {is_a}.",
                missing_kind or f"Give the name or the id of {with_article(noun)}.",
                [*(hit.match for hit in elsewhere), *nearest],
            )
        hint = "Give one of these names or ids exactly." if nearest else "`kedrec search` finds names."
        hint = missing_kind or hint
        return UnknownNameError(f"The graph has no {noun} named {quote_query(query)}.", hint, nearest)

    def _retired_error(self, query: str, kinds: Sequence[str]) -> UnknownNameError | None:
        """The error for an id that its ontology has retired, with the suggested ids; None for other texts."""
        retired = find_retired(self._tables, parse_curie(query))
        if retired is None:
            return None
        suggestions = best_per_entity(
            hit for id_ in retired.consider for hit in self._lookup.by_id(id_, kinds, bare=False)
        )
        update = {"why": "to consider", "matched": retired.id, "score": _SUGGESTED_SCORE}
        return UnknownNameError(
            retired.what, retired.hint, [hit.match.model_copy(update=update) for hit in suggestions]
        )
