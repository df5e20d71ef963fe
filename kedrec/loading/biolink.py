"""Graphs in Biolink's words: how they become the schema's, and KGX's tables of them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.errors import DataError
from kedrec.loading.rows import Rows
from kedrec.loading.rules import first_rule, read_rules, relation_rules
from kedrec.loading.sources import Source, find_files, load_source
from kedrec.loading.text import PLACEHOLDER
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.loading.staging import Progress, Staging

__all__ = ["BiolinkGraph", "Statement", "Values", "read_kgx", "table_rows"]

_LETTERS = re.compile(r"[^a-z0-9]")
_YEAR = re.compile(r"(?:19|20)\d\d")
_EVERY = 50_000

Values = dict[str, str]


def _plain(word: str) -> str:
    """A class or predicate without `biolink:`, case, spaces and underscores."""
    return _LETTERS.sub("", word.lower().removeprefix("biolink:"))


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
    """One graph on its way into the staging area: its words, and the kind of every node so far."""

    def __init__(self, staging: Staging, source: Source) -> None:
        schema = load_schema()
        words = load_source("kgx")
        self.staging, self.source = staging, source
        self.classes = {_plain(word): kind for word, kind in words.mapping["classes"].items()}
        self.order = {word: place for place, word in enumerate(self.classes)}
        self.prefixes: dict[str, str] = {name.upper(): name for name in schema.prefixes}
        self.prefixes |= words.mapping["prefixes"]
        self.qualified: dict[str, str] = words.mapping["qualified"]
        rules = read_rules(words, schema) | relation_rules(schema)
        self.rules = {_plain(word): found for word, found in rules.items()}
        self.kinds: dict[str, str] = {}

    def kind(self, classes: Sequence[str]) -> str:
        """The schema's kind of a node; its classes as they are where it has none."""
        known = sorted(self.order[word] for word in map(_plain, classes) if word in self.order)
        return self.classes[list(self.classes)[known[0]]] if known else "|".join(classes)

    def curie(self, identifier: str) -> str:
        """An id with the schema's prefix."""
        prefix, colon, local = identifier.strip().partition(":")
        found = self.prefixes.get(prefix.upper(), prefix)
        return f"{found}{colon}{local.removeprefix(f'{prefix}:')}"

    def node(  # noqa: PLR0917  # what a row has, in its order
        self, rows: Rows, line: int, key: str, classes: Sequence[str], identifier: str, values: Values
    ) -> None:
        """Adds a node; its name is its id where it has none."""
        curie, kind = self.curie(identifier), self.kind(classes)
        self.kinds[key] = kind
        name = next((values[word] for word in ("name", "label", "symbol") if values.get(word)), curie)
        rows.node(
            line, key, kind, curie, name,
            synonyms=_items(values, "synonym", "synonyms", "exact_synonym"),
            xrefs=[self.curie(xref) for xref in _items(values, "xref", "xrefs", "equivalent_identifiers")],
            description=values.get("description", ""),
        )  # fmt: skip

    def edge(self, rows: Rows, row: Statement) -> None:
        """Adds an edge by the first rule that fits, or refuses it."""
        values = row.values
        if values.get("negated", "").lower() in ("true", "1"):
            rows.refuse("edges", row.line, "negated statement", row.predicate, row.text)
            return
        missing = next((key for key in (row.start, row.end) if key not in self.kinds), None)
        if missing is not None:
            rows.refuse("edges", row.line, "unknown id", missing, row.text)
            return
        kinds = self.kinds[row.start], self.kinds[row.end]
        rule, reason = first_rule(self.rules, _plain(row.predicate), kinds)
        if rule is None:
            rows.refuse("edges", row.line, reason, f"{kinds[0]} {row.predicate} {kinds[1]}", row.text)
            return
        start, end = (row.end, row.start) if rule.reverse else (row.start, row.end)
        action = rule.action
        if rule.relation == "AFFECTS" and not action:
            direction, aspect = (
                values.get(f"object_{what}_qualifier", "").lower() for what in ("direction", "aspect")
            )
            aspect = next((word for word in ("activity", "abundance", "expression") if word in aspect), "")
            action = self.qualified.get(f"{direction} {aspect}".strip(), "")
        origin = (
            values.get("primary_knowledge_source")
            or values.get("knowledge_source")
            or values.get("source", "")
        )
        years = _YEAR.findall(values.get("year", ""))
        rows.edge(
            row.line, rule.relation, start, end,
            values.get("license") or values.get("licence") or "no licence stated",
            references=[self.curie(item) for item in _items(values, "publications", "pubmed", "pmids")],
            evidence=f"{origin.removeprefix('infores:')} {row.predicate.removeprefix('biolink:')}".strip(),
            score=_number(values, "score", "confidence_score", "has_confidence_score"),
            year=int(years[0]) if years else None, action=action,
        )  # fmt: skip


def _items(values: Values, *names: str) -> list[str]:
    found = [item.strip() for name in names for item in re.split(r"[|]", values.get(name, ""))]
    return [item for item in dict.fromkeys(found) if item]


def _number(values: Values, *names: str) -> float | None:
    for name in names:
        try:
            return float(values[name])
        except (KeyError, ValueError):
            continue
    return None


def table_rows(
    rows: Rows, part: str, path: Path, plain: Path, *, header: list[str] | None, dialect: dict[str, Any]
) -> Iterator[tuple[int, Values, str]]:
    """Line, values by column, and text of each row of a table; rows of another length are refused."""
    with plain.open(encoding="utf-8", newline="") as text:
        reader = csv.reader(text, **dialect)
        try:
            names = header or next(reader, [])
            for fields in reader:
                if not fields or fields == [PLACEHOLDER]:
                    continue
                shown = dialect["delimiter"].join(fields)
                if len(fields) != len(names):
                    rows.refuse(
                        part,
                        reader.line_num,
                        "wrong number of columns",
                        f"{len(fields)} instead of {len(names)}",
                        shown,
                    )
                    continue
                yield reader.line_num, dict(zip(names, fields, strict=True)), shown
        except csv.Error as error:
            raise DataError(f"{path}, line {reader.line_num}: {error}.", "Correct the file.") from error


def _unpacked(staging: Staging, part: str, path: Path) -> tuple[Rows, Path]:
    number, plain, bad = staging.unpacked(path)
    rows = Rows(staging, number)
    for line in bad:
        rows.refuse(part, line.line, line.reason, "", line.text)
    return rows, plain


def read_kgx(staging: Staging, source: Source, folder: Path, progress: Progress) -> None:
    """Reads KGX's tables of nodes and edges.

    Raises:
        DataError: a table is missing, or lacks a column.
    """
    graph = BiolinkGraph(staging, source)
    dialect = {"delimiter": "\t", "quoting": csv.QUOTE_NONE}
    wanted = {"nodes": ("id", "category"), "edges": ("subject", "predicate", "object")}
    for spec in source.files:
        for path in find_files(source, spec, folder):
            rows, plain = _unpacked(staging, spec.name, path)
            with plain.open(encoding="utf-8") as text:
                header = text.readline().rstrip("\n").split("\t")
            missing = [name for name in wanted[spec.name] if name not in header]
            if missing:
                raise DataError(
                    f"{path} has no column {missing[0]}.", "It must be a table as KGX writes them."
                )
            for line, values, text_ in table_rows(rows, spec.name, path, plain, header=None, dialect=dialect):
                if line % _EVERY == 0:
                    progress(f"Reading {path.name}", line, None)
                if spec.name == "nodes":
                    graph.node(rows, line, values["id"], values["category"].split("|"), values["id"], values)
                else:
                    ends = values["subject"], values["object"]
                    graph.edge(rows, Statement(line, *ends, values["predicate"], values, text_))
            rows.close()
