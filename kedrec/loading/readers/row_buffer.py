"""Buffer of rows that are inserted into the staging area in batches."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedrec.loading.staging import Staging

__all__ = ["RowBuffer"]

_BATCH = 50_000


class RowBuffer:
    """Buffer for the nodes and edges of files; counts every row as read, including rejected ones.

    Args:
        staging: staging area to insert into.
        file: number of the file in the staging area; `file` may be set to that of the next one.
    """

    def __init__(self, staging: Staging, file: int) -> None:
        self._staging = staging
        self.file = file
        self._waiting: dict[str, dict[str, list[Any]]] = {
            "nodes": defaultdict(list),
            "edges": defaultdict(list),
        }
        self._refused: dict[tuple[str, int], list[tuple[int, str, str, str]]] = defaultdict(list)

    def node(self, line: int, key: str, kind: str, curie: str, name: str, **more: Any) -> None:
        """Adds a node: its key in edges, kind, id and name; optionally `synonyms`, `xrefs`, `description`."""
        row = {"synonyms": [], "xrefs": [], "description": ""} | more
        self._add("nodes", {"line": line, "key": key, "kind": kind, "id": curie, "name": name, **row})

    def edge(self, line: int, relation: str, start: str, end: str, licence: str, **more: Any) -> None:
        """Adds an edge: relation, keys of its ends, licence; optionally the other columns of `edge_rows`."""
        row = {"references": [], "evidence": "", "score": None, "year": None, "action": ""} | more
        self._add(
            "edges",
            {"line": line, "relation": relation, "start": start, "end": end, "licence": licence, **row},
        )

    def refuse(self, part: str, line: int, reason: str, detail: str, text: str) -> None:
        """Rejects a row of `nodes` or `edges`, with a reason."""
        self._staging.rows_read[part] += 1
        self._refused[part, self.file].append((line, reason, detail, text))

    def refuse_record(self, part: str, line: int, problem: str) -> None:
        """Rejects a record that couldn't be read from its file; `problem` is `reason` or `reason: detail`."""
        reason, _, detail = problem.partition(": ")
        self.refuse(part, line, reason, detail, "")

    def _add(self, part: str, row: dict[str, Any]) -> None:
        self._staging.rows_read[part] += 1
        columns = self._waiting[part]
        columns["file"].append(self.file)
        for column, value in row.items():
            columns[column].append(value)
        if len(columns["line"]) >= _BATCH:
            self._flush(part)

    def _flush(self, part: str) -> None:
        columns = self._waiting[part]
        if columns["line"]:
            self._staging.insert(f"{part[:-1]}_rows", columns)
        self._waiting[part] = defaultdict(list)

    def close(self) -> None:
        """Inserts the remaining rows."""
        for part in self._waiting:
            self._flush(part)
        for (part, file), refused in self._refused.items():
            self._staging.reject(part, file, refused)
        self._refused.clear()
