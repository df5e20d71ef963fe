"""Mapping of graphs in Biolink terms: classes, predicates and columns to the schema's."""

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
    from kedrec.loading.readers.row_buffer import RowBuffer
    from kedrec.loading.staging import Staging

__all__ = ["BiolinkGraph", "Columns", "EdgeRow", "Values", "classes_of", "is_negated"]

_LETTERS = re.compile(r"[^a-z0-9]")
_BETWEEN_CLASSES = re.compile(r"[|;,\u01c2\x1f]")
_NOT_IN_SCHEMA = "relation without a place in the schema"
_TRUE = frozenset({"true", "1", "1.0", "yes", "t", "y"})
_Read = TypeVar("_Read")

Values = Mapping[str, "list[Any]"]
"""A row's cells by their field in kgx.yaml's `columns`; several if several columns are of one field."""


@lru_cache(maxsize=4096)
def _normalised(word: str) -> str:
    """Normalises a class or predicate: removes `biolink:`, case, spaces and underscores."""
    return _LETTERS.sub(
        "", word.lower().removeprefix("https://w3id.org/biolink/vocab/").removeprefix("biolink:")
    )


def _first(values: Values, name: str, read: Callable[[Any], _Read]) -> _Read | None:
    """First non-empty cell of a field."""
    return next((cell_value for cell in values.get(name, ()) if (cell_value := read(cell))), None)


def _items(values: Values, name: str, read: Callable[[Any], list[str]]) -> list[str]:
    """Distinct items in all cells of a field."""
    return list(dict.fromkeys(item for cell in values.get(name, ()) for item in read(cell)))


def _joined(value: Any) -> str:
    texts = texts_of(value)
    return text_of(value) if texts is None else ", ".join(texts)


def _score(value: Any) -> float | None:
    try:
        return score_of(value)
    except (TypeError, ValueError):
        return None


def _is_true(value: Any) -> bool:
    return value is True or (isinstance(value, (str, int, float)) and str(value).strip().lower() in _TRUE)


def is_negated(values: Values) -> bool:
    """True if a row says that its statement does not hold."""
    return any(map(_is_true, values.get("negated", ())))


def classes_of(value: Any) -> list[str]:
    """Splits a cell into classes.

    Raises:
        TypeError: it is neither a text nor a list of texts.
    """
    texts = texts_of(value)
    return [text.strip() for text in (_BETWEEN_CLASSES.split(text_of(value)) if texts is None else texts)]


class Columns:
    """Assignment of a table's columns to the fields of kgx.yaml.

    Args:
        names: the table's columns, in order; a type after a colon (`score:double`) is ignored.
        also: indices of further columns that the caller reads.

    Attributes:
        indices: column indices by field.
        unread: names of columns that aren't read.
    """

    def __init__(self, names: Sequence[str], also: Sequence[int] = ()) -> None:
        plain = [name.strip().partition(":")[0].lower() for name in names]
        fields: dict[str, list[str]] = load_source("kgx").mapping["columns"]
        self.indices = {
            field: [plain.index(alias) for alias in aliases if alias in plain]
            for field, aliases in fields.items()
        }
        read = {index for indices in self.indices.values() for index in indices} | {*also}
        self.unread = [names[index].strip() for index in range(len(names)) if index not in read]

    def values(self, cells: Sequence[Any]) -> Values:
        """Groups a row's cells by field; a row may be shorter than the header."""
        return {
            field: [cells[index] for index in indices if index < len(cells)]
            for field, indices in self.indices.items()
        }


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """A row of edges; the kinds of its ends, which are keys, are looked up later."""

    line: int
    start: str
    end: str
    predicate: str
    values: Values
    text: str


class BiolinkGraph:
    """Converter of one graph: adds its nodes and edges to row buffers.

    Attributes:
        kinds: kind of every node added so far, by key.
    """

    def __init__(self, staging: Staging, source: Source) -> None:
        schema = load_schema()
        words = load_source("kgx")
        self.staging, self.source = staging, source
        self.kinds: dict[str, str] = {}
        self._classes: dict[str, str] = {
            _normalised(word): kind for word, kind in words.mapping["classes"].items()
        }
        self._class_order = {word: index for index, word in enumerate(self._classes)}
        self._qualified_actions: dict[str, str] = words.mapping["qualified"]
        self._excluded_predicates = {
            _normalised(word): why for word, why in words.mapping["no_place"].items()
        }
        self._rules = {
            _normalised(word): rules
            for word, rules in (read_rules(words, schema) | relation_rules(schema)).items()
        }
        self._actions = {name: frozenset(relation.actions) for name, relation in schema.relations.items()}
        drugs = words.mapping["drugs"]
        self._drug_prefixes = frozenset(drugs["prefixes"])
        self._use_predicates = tuple(
            frozenset(map(_normalised, drugs[end])) for end in ("subject_of", "object_of")
        )
        self._used_as_drug: set[str] = set()
        self._drug_counts = {"id": 0, "use": 0}

    def is_use(self, predicate: str) -> bool:
        """True if a statement with this predicate implies that one of its ends is used or tried as a drug."""
        return any(_normalised(predicate) in words for words in self._use_predicates)

    def use(self, start: str, predicate: str, end: str) -> None:
        """Records the end of a statement that is used as a drug; must precede the first node."""
        word = _normalised(predicate)
        self._used_as_drug |= {
            key for key, words in zip((start, end), self._use_predicates, strict=True) if word in words
        }

    def _kind(self, key: str, classes: Sequence[str], ids: Sequence[str]) -> str:
        """Kind of a node in the schema; its classes, joined by a bar, if it has none."""
        known = sorted(
            self._class_order[word] for word in map(_normalised, classes) if word in self._class_order
        )
        if not known:
            return "|".join(classes)
        kind: str = self._classes[list(self._classes)[known[0]]]
        if kind != "Chemical":
            return kind
        by_id = any(curie.partition(":")[0] in self._drug_prefixes for curie in ids)
        if by_id or key in self._used_as_drug:
            self._drug_counts["id" if by_id else "use"] += 1
            return "Drug"
        return kind

    def node(  # noqa: PLR0917  # the fields of a row, in order
        self, rows: RowBuffer, line: int, key: str, classes: Sequence[str], identifier: str, values: Values
    ) -> None:
        """Adds a node; a node without a name gets its id as name.

        Raises:
            TypeError: a cell isn't text.
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

    def edge(self, rows: RowBuffer, row: EdgeRow) -> None:
        """Adds an edge by the first rule that fits, or rejects it.

        Raises:
            TypeError: a cell isn't text.
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
        word = _normalised(row.predicate)
        rule, reason = first_rule(self._rules, word, kinds)
        if rule is None:
            triple = f"{kinds[0]} {row.predicate} {kinds[1]}"
            if word in self._excluded_predicates:
                reason, triple = _NOT_IN_SCHEMA, f"{triple} ({self._excluded_predicates[word]})"
            rows.refuse("edges", row.line, reason, triple, row.text)
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
        """Action of a row, from Biolink's qualifiers or in the schema's own terms."""
        action = _first(values, "action", _joined) or ""
        if action in self._actions[relation]:
            return action
        if relation != "AFFECTS":
            return ""
        direction, aspect = (
            (_first(values, f"object_{what}", _joined) or "").lower() for what in ("direction", "aspect")
        )
        aspect = next((word for word in ("activity", "abundance", "expression") if word in aspect), "")
        return self._qualified_actions.get(f"{direction} {aspect}".strip(), "")

    def close(self) -> None:
        """Adds notes to the report about chemicals that became drugs."""
        for why, count in self._drug_counts.items():
            if count:
                what = "an id of a drug vocabulary" if why == "id" else "a statement of such a use"
                self.staging.notes.append(f"chemicals taken as drugs, for {what}: {count:,}")
