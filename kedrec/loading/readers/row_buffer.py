"""Rows on their way into the staging area, put there a batch at a time."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedrec.loading.staging import Staging

__all__ = ["Rows"]

_BATCH = 50_000


class Rows:
    """The nodes and edges that one file tells of; every row is counted as read, those refused too.

    Args:
        staging: where the rows go.
        file: the file's number in it.
    """

    def __init__(self, staging: Staging, file: int) -> None:
        self._staging = staging
        self.file = file
        self._waiting: dict[str, dict[str, list[Any]]] = {
            "nodes": defaultdict(list),
            "edges": defaultdict(list),
        }
        self._refused: dict[str, list[tuple[int, str, str, str]]] = {"nodes": [], "edges": []}

    def node(self, line: int, key: str, kind: str, curie: str, name: str, **more: Any) -> None:
        """Adds a node: how edges name it, its kind, id and name; `synonyms`, `xrefs`, `description`."""
        row = {"synonyms": [], "xrefs": [], "description": ""} | more
        self._add("nodes", {"line": line, "key": key, "kind": kind, "id": curie, "name": name, **row})

    def edge(self, line: int, relation: str, start: str, end: str, licence: str, **more: Any) -> None:
        """Adds an edge: relation, ends, licence; `references`, `evidence`, `score`, `year`, `action`."""
        row = {"references": [], "evidence": "", "score": None, "year": None, "action": ""} | more
        self._add(
            "edges",
            {"line": line, "relation": relation, "start": start, "end": end, "licence": licence, **row},
        )

    def refuse(self, part: str, line: int, reason: str, detail: str, text: str) -> None:
        """Adds a row that is no `nodes` or `edges`, and why."""
        self._staging.rows_read[part] += 1
        self._refused[part].append((line, reason, detail, text))

    def refuse_record(self, part: str, line: int, problem: str) -> None:
        """Adds a record that couldn't be taken out of its file: `reason` or `reason: detail`."""
        reason, _, detail = problem.partition(": ")
        self.refuse(part, line, reason, detail, "")

    def _add(self, part: str, row: dict[str, Any]) -> None:
        self._staging.rows_read[part] += 1
        columns = self._waiting[part]
        for column, value in row.items():
            columns[column].append(value)
        if len(columns["line"]) >= _BATCH:
            self._put(part)

    def _put(self, part: str) -> None:
        columns = self._waiting[part]
        if columns["line"]:
            columns["file"] = [self.file] * len(columns["line"])
            self._staging.insert(f"{part[:-1]}_rows", columns)
        self._waiting[part] = defaultdict(list)

    def close(self) -> None:
        """Puts what is left into the staging area."""
        for part, refused in self._refused.items():
            self._put(part)
            self._staging.reject(part, self.file, refused)
            refused.clear()
