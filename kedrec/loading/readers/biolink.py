"""Graphs in Biolink's words: how their classes, predicates and columns become the schema's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from kedrec.loading.readers.cells import ids_of, names_of, score_of, text_of, texts_of, year_in
from kedrec.loading.readers.curies import curie_of
from kedrec.loading.readers.predicate_rules import first_rule, read_rules, relation_rules
from kedrec.loading.sources import Source, load_source
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.loading.readers.row_buffer import Rows
    from kedrec.loading.staging import Staging

__all__ = ["BiolinkGraph", "Columns", "Statement", "Values", "classes_of", "is_negated"]

_LETTERS = re.compile(r"[^a-z0-9]")
_BETWEEN_CLASSES = re.compile(r"[|;,\u01c2\x1f]")
_NO_PLACE = "relation without a place in the schema"
_TRUE = frozenset({"true", "1", "1.0", "yes", "t", "y"})
_Read = TypeVar("_Read")

Values = Mapping[str, "list[Any]"]
"""A row's cells by what their columns are in kgx.yaml's `columns`; several where it has several such."""


@lru_cache(maxsize=4096)
def _plain(word: str) -> str:
    """A class or predicate without `biolink:`, case, spaces and underscores."""
    return _LETTERS.sub(
        "", word.lower().removeprefix("https://w3id.org/biolink/vocab/").removeprefix("biolink:")
    )


def _first(values: Values, name: str, read: Callable[[Any], _Read]) -> _Read | None:
    """The first cell of a column that isn't empty."""
    return next((found for cell in values.get(name, ()) if (found := read(cell))), None)


def _items(values: Values, name: str, read: Callable[[Any], list[str]]) -> list[str]:
    """What all cells of a column list, each once."""
    return list(dict.fromkeys(item for cell in values.get(name, ()) for item in read(cell)))


def _joined(value: Any) -> str:
    found = texts_of(value)
    return text_of(value) if found is None else ", ".join(found)


def _score(value: Any) -> float | None:
    try:
        return score_of(value)
    except (TypeError, ValueError):
        return None


def _is_true(value: Any) -> bool:
    return value is True or (isinstance(value, (str, int, float)) and str(value).strip().lower() in _TRUE)


def is_negated(values: Values) -> bool:
    """Whether a row says that its statement does not hold."""
    return any(map(_is_true, values.get("negated", ())))


def classes_of(value: Any) -> list[str]:
    """The classes in a cell.

    Raises:
        TypeError: it is neither a text nor a list of texts.
    """
    found = texts_of(value)
    return [each.strip() for each in (_BETWEEN_CLASSES.split(text_of(value)) if found is None else found)]


class Columns:
    """Which columns of a table are read as what, and which aren't read.

    Args:
        names: the table's columns, in order; a type after a colon (`score:double`) doesn't count.
        also: places of columns that are read for themselves.
    """

    def __init__(self, names: Sequence[str], also: Sequence[int] = ()) -> None:
        plain = [name.strip().partition(":")[0].lower() for name in names]
        words: dict[str, list[str]] = load_source("kgx").mapping["columns"]
        self.places = {
            column: [plain.index(other) for other in others if other in plain]
            for column, others in words.items()
        }
        read = {place for places in self.places.values() for place in places} | {*also}
        self.unread = [names[place].strip() for place in range(len(names)) if place not in read]

    def values(self, cells: Sequence[Any]) -> Values:
        """A row's cells by column; a row may be shorter than the header."""
        return {
            column: [cells[place] for place in places if place < len(cells)]
            for column, places in self.places.items()
        }


@dataclass(frozen=True, slots=True)
class Statement:
    """A row of edges, before its ends' kinds are looked up; the ends are keys."""

    line: int
    start: str
    end: str
    predicate: str
    values: Values
    text: str


class BiolinkGraph:
    """One graph on its way into the staging area: its words, and the kind of every node so far.

    Attributes:
        kinds: the kind of every node by its key.
    """

    def __init__(self, staging: Staging, source: Source) -> None:
        schema = load_schema()
        words = load_source("kgx")
        self.staging, self.source = staging, source
        self.kinds: dict[str, str] = {}
        self._classes: dict[str, str] = {
            _plain(word): kind for word, kind in words.mapping["classes"].items()
        }
        self._order = {word: place for place, word in enumerate(self._classes)}
        self._qualified: dict[str, str] = words.mapping["qualified"]
        self._no_place = {_plain(word): why for word, why in words.mapping["no_place"].items()}
        self._rules = {
            _plain(word): found
            for word, found in (read_rules(words, schema) | relation_rules(schema)).items()
        }
        self._actions = {name: frozenset(relation.actions) for name, relation in schema.relations.items()}
        drugs = words.mapping["drugs"]
        self._drug_prefixes = frozenset(drugs["prefixes"])
        self._users = tuple(frozenset(map(_plain, drugs[end])) for end in ("subject_of", "object_of"))
        self._used: set[str] = set()
        self._taken_as_drugs = {"id": 0, "use": 0}

    def is_use(self, predicate: str) -> bool:
        """Whether a statement of this predicate tells that one of its ends is used or tried as a drug."""
        return any(_plain(predicate) in words for words in self._users)

    def use(self, start: str, predicate: str, end: str) -> None:
        """Notes which end of a statement is used as a drug; all are noted before the first node is added."""
        word = _plain(predicate)
        self._used |= {key for key, words in zip((start, end), self._users, strict=True) if word in words}

    def _kind(self, key: str, classes: Sequence[str], ids: Sequence[str]) -> str:
        """The schema's kind of a node; its classes as they are where it has none."""
        known = sorted(self._order[word] for word in map(_plain, classes) if word in self._order)
        if not known:
            return "|".join(classes)
        kind: str = self._classes[list(self._classes)[known[0]]]
        if kind != "Chemical":
            return kind
        by_id = any(curie.partition(":")[0] in self._drug_prefixes for curie in ids)
        if by_id or key in self._used:
            self._taken_as_drugs["id" if by_id else "use"] += 1
            return "Drug"
        return kind

    def node(  # noqa: PLR0917  # what a row has, in its order
        self, rows: Rows, line: int, key: str, classes: Sequence[str], identifier: str, values: Values
    ) -> None:
        """Adds a node; its name is its id where it has none.

        Raises:
            TypeError: a cell holds what is no text.
        """
        curie = curie_of(identifier)
        xrefs = _items(values, "xref", ids_of)
        name, synonyms = _first(values, "name", text_of), _items(values, "synonym", names_of)
        description = _first(values, "description", _joined) or ""
        kind = self._kind(key, classes, [curie, *xrefs])
        self.kinds[key] = kind
        rows.node(
            line, key, kind, curie, name or curie, synonyms=synonyms, xrefs=xrefs, description=description
        )

    def edge(self, rows: Rows, row: Statement) -> None:
        """Adds an edge by the first rule that fits, or refuses it.

        Raises:
            TypeError: a cell holds what is no text.
        """
        values = row.values
        if is_negated(values):
            rows.refuse("edges", row.line, "negated statement", row.predicate, row.text)
            return
        missing = next((key for key in (row.start, row.end) if key not in self.kinds), None)
        if missing is not None:
            rows.refuse("edges", row.line, "unknown id", missing, row.text)
            return
        kinds = self.kinds[row.start], self.kinds[row.end]
        word = _plain(row.predicate)
        rule, reason = first_rule(self._rules, word, kinds)
        if rule is None:
            what = f"{kinds[0]} {row.predicate} {kinds[1]}"
            if word in self._no_place:
                reason, what = _NO_PLACE, f"{what} ({self._no_place[word]})"
            rows.refuse("edges", row.line, reason, what, row.text)
            return
        start, end = (row.end, row.start) if rule.reverse else (row.start, row.end)
        origin = _first(values, "primary_knowledge_source", _joined) or ""
        scores = (_score(cell) for cell in values.get("score", ()))
        rows.edge(
            row.line, rule.relation, start, end,
            _first(values, "licence", _joined) or "no licence stated",
            references=_items(values, "publications", ids_of),
            evidence=f"{origin.removeprefix('infores:')} {row.predicate.removeprefix('biolink:')}".strip(),
            score=next((score for score in scores if score is not None), None),
            year=_first(values, "year", year_in),
            action=rule.action or self._action(rule.relation, values),
        )  # fmt: skip

    def _action(self, relation: str, values: Values) -> str:
        """The action that a row tells of: in Biolink's qualifiers, or in the schema's own words."""
        said = _first(values, "action", _joined) or ""
        if said in self._actions[relation]:
            return said
        if relation != "AFFECTS":
            return ""
        direction, aspect = (
            (_first(values, f"object_{what}", _joined) or "").lower() for what in ("direction", "aspect")
        )
        aspect = next((word for word in ("activity", "abundance", "expression") if word in aspect), "")
        return self._qualified.get(f"{direction} {aspect}".strip(), "")

    def close(self) -> None:
        """Notes for the report what was taken for what."""
        for why, count in self._taken_as_drugs.items():
            if count:
                what = "an id of a drug vocabulary" if why == "id" else "a statement of such a use"
                self.staging.notes.append(f"chemicals taken as drugs, for {what}: {count:,}")
