"""Writes Cypher that finds a path again: in Neo4j Browser, in cypher-shell, on either engine.

Every path has a statement, chains of curated mechanisms too, which no template finds. Kinds and relations are
the schema's; ids are parameters.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.common.plain_text import one_line
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kedrec.types import Evidence, Path

__all__ = ["PathStatement", "path_statement", "script"]


@dataclass(frozen=True, slots=True)
class PathStatement:
    """A statement that returns one path.

    Attributes:
        text: the statement. A row has the nodes and edges in path order; parallel edges make several rows.
        parameters: the ids of its nodes, `n0` the drug's.
    """

    text: str
    parameters: Mapping[str, str]


def path_statement(path: Path) -> PathStatement:
    """The statement that finds a path by the ids of its nodes."""
    relations = load_schema().relations
    pattern = [f"(n0:`{path.nodes[0].kind}` {{id: $n0}})"]
    columns = ["n0"]
    for index, (step, node) in enumerate(zip(path.steps, path.nodes[1:], strict=True), start=1):
        back, along = "" if step.forward else "<", ">" if step.forward else ""
        if relations[step.relation].symmetric:  # stored in either direction
            back = along = ""
        pattern.append(
            f"{back}-[r{index}:`{step.relation}`]-{along}(n{index}:`{node.kind}` {{id: $n{index}}})"
        )
        columns += [f"r{index}", f"n{index}"]
    text = f"MATCH {''.join(pattern)}\nRETURN {', '.join(columns)}"
    return PathStatement(text, {f"n{index}": node.id for index, node in enumerate(path.nodes)})


def script(evidence: Iterable[Evidence]) -> str:
    """The statements of some evidence for Neo4j Browser and cypher-shell, parameters first.

    A parameter's value is written as a JSON string, which Cypher reads alike.
    """
    parts = []
    for item in evidence:
        if item.path is None:
            continue
        statement = path_statement(item.path)
        lines = [f"// {item.id}: {one_line(item.sentence)}"]  # a line feed would end the comment
        lines += [f":param {name} => {json.dumps(value)}" for name, value in statement.parameters.items()]
        parts.append("\n".join([*lines, f"{statement.text};"]))
    return "\n\n".join(parts) + "\n" if parts else ""
