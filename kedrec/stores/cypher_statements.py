"""Fills the names of kinds, relations and columns into Cypher statements.

Cypher has parameters for values but not for labels and column names. Only names of the schema and of the
columns in `stores.base` are filled in; any other is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

import pyarrow as pa

from kedrec.errors import AssetError, UsageError
from kedrec.schema import load_schema
from kedrec.stores.base import EDGE_COLUMNS, NODE_COLUMNS
from kedrec.stores.marking import LABEL_PREFIX, add_marks
from kedrec.stores.templates import load_template

__all__ = ["chosen_columns", "edge_returns", "node_returns", "query", "statement"]

# Only these are placeholders, so that a map such as {id: $id} stays unchanged.
_PLACEHOLDER = re.compile(r"\{(kind|relation|start_kind|end_kind|any_kind|marks|ends|columns|names|file)\}")


def chosen_columns(schema: pa.Schema, columns: Sequence[str] | None) -> pa.Schema:
    """The given columns of `schema`, in the given order; all if None.

    Raises:
        UsageError: there is no such column.
    """
    if columns is None:
        return schema
    unknown = [column for column in columns if column not in schema.names]
    if unknown or not columns:
        raise UsageError(f"There are no columns {unknown}.", f"Choose among {', '.join(schema.names)}.")
    return pa.schema([schema.field(column) for column in columns])


def node_returns(columns: Sequence[str]) -> str:
    """The RETURN items (`n.id AS id, ...`) for columns of a node `n`."""
    chosen = chosen_columns(NODE_COLUMNS, columns)
    return ", ".join(f"n.`{name}` AS `{name}`" for name in chosen.names)


def edge_returns(columns: Sequence[str]) -> str:
    """The RETURN items for columns of an edge `r` from `a` to `b`."""
    owners = {"start": "a.id", "end": "b.id"}
    chosen = chosen_columns(EDGE_COLUMNS, columns)
    return ", ".join(f"{owners.get(name, f'r.`{name}`')} AS `{name}`" for name in chosen.names)


def _file_literal(path: str) -> str:
    # Only the embedded engine's COPY and LOAD need it: they take no parameter for the file.
    if re.search(r"[\x00-\x1f'\"\\*?\[\]{}]", path):
        raise UsageError(
            f"The embedded graph can't read {path!r}.", "Use a path without quotes or wildcards."
        )
    return path


@lru_cache(maxsize=1024)
def statement(
    name: str,
    engine: str,
    *,
    kind: str = "",
    relation: str = "",
    start_kind: str = "",
    end_kind: str = "",
    columns: tuple[str, ...] = (),
    file: str = "",
) -> str:
    """The text of `cypher/<name>.cypher` for an engine, its placeholders filled.

    `{any_kind}` becomes every kind of the schema as alternatives (`Drug|Disease|...`), `{ends}` the
    FROM ... TO pairs of `relation`, `{marks}` the labels that mark a server's nodes, `{columns}` RETURN
    items with an alias and `{names}` the aliases.
    On a server, reading statements match only nodes and edges with KEDRec's mark (`stores.marking`), except
    those whose head has `marked: no`.

    Raises:
        UsageError: a kind, relation or column isn't in the schema, or the file's name can't stand in a
            statement.
        AssetError: there is no such statement, or one of its placeholders has no value.
    """
    schema = load_schema()
    for label in (kind, start_kind, end_kind):
        if label and label not in schema.kinds:
            raise UsageError(f"The schema has no kind {label!r}.", f"Choose among {', '.join(schema.kinds)}.")
    if relation and relation not in schema.relations:
        raise UsageError(
            f"The schema has no relation {relation!r}.", f"Choose among {', '.join(schema.relations)}."
        )
    values = {
        "kind": kind,
        "relation": relation,
        "start_kind": start_kind,
        "end_kind": end_kind,
        "any_kind": "|".join(f"`{label}`" for label in schema.kinds),
        "marks": "[" + ", ".join(f"'{LABEL_PREFIX}{label}'" for label in schema.kinds) + "]",
        "file": _file_literal(file),
    }
    if relation:
        pairs = schema.relations[relation].pairs
        values["ends"] = ", ".join(f"FROM `{start}` TO `{end}`" for start, end in pairs)
    if columns:
        values["columns"] = (node_returns if kind else edge_returns)(columns)
        values["names"] = ", ".join(f"`{column}`" for column in columns)

    def fill(match: re.Match[str]) -> str:
        value = values.get(match[1], "")
        if not value:
            raise AssetError(f"cypher/{name}.cypher: {match[0]} is not filled.", "Run it through its store.")
        return value

    template = load_template(name, engine)
    text = _PLACEHOLDER.sub(fill, template.text)
    if engine == "neo4j" and not name.startswith("write/") and template.head.get("marked") != "no":
        return add_marks(name, text, schema.kinds)
    return text


@lru_cache(maxsize=256)
def _parameter_names(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\$(\w+)", re.sub(r"(?m)^\s*//.*$", "", text)))


def query(name: str, engine: str, parameters: Collection[str]) -> str:
    """The text of a template without placeholders for a kind, relation or column.

    Raises:
        UsageError: one of its parameters is missing (an engine may take it for null and match nothing).
        AssetError: there is no such template.
    """
    text = statement(name, engine)
    missing = _parameter_names(text) - set(parameters)
    if missing:
        raise UsageError(f"cypher/{name}.cypher needs {', '.join(sorted(missing))}.", "Give every parameter.")
    return text
