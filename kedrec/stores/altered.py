"""Shows a graph with one of its links inverted, deleted or moved to another node, without writing to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from kedrec.schema import load_schema
from kedrec.stores.read_only import ReadOnlyStore

if TYPE_CHECKING:
    import pyarrow as pa

    from kedrec.stores.base import Fingerprint, GraphStore, Row, YearCount

__all__ = ["Alteration", "AlteredStore", "Change", "opposite_action"]

Change = Literal["inverted", "deleted", "swapped"]
"""Every signed edge of the link gets an action of the opposite sign; no edge is left; every edge leads to
another node."""


@dataclass(frozen=True, slots=True)
class Alteration:
    """A change of the edges between two nodes, whatever their relation and direction.

    Attributes:
        change: what happens to them.
        first, second: ids of the nodes.
        other, other_name: id and name of the node that a swapped link leads to in place of `second`.
    """

    change: Change
    first: str
    second: str
    other: str = ""
    other_name: str = ""


def opposite_action(relation: str, action: str) -> str:
    """The first action of a relation with the opposite sign; the action itself where none has."""
    definition = load_schema().relations[relation]
    sign = definition.wording_for(action).sign
    opposites = (
        name
        for name, wording in definition.actions.items()
        if wording.sign == -sign and not wording.tone_dependent
    )
    return next(opposites, action) if sign else action


class AlteredStore(ReadOnlyStore):
    """Wrapper of a store whose `edges_between` shows one link altered; all else is the wrapped store's.

    Args:
        store: the graph.
        alteration: the change.
    """

    def __init__(self, store: GraphStore, alteration: Alteration) -> None:
        super().__init__(store)
        self._alteration = alteration

    def edges_between(
        self,
        relation: str,
        start_kind: str,
        end_kind: str,
        start_ids: Sequence[str],
        end_ids: Sequence[str],
    ) -> list[Row]:
        """The edges of a relation from `start_ids` to `end_ids`, the altered link's among them."""
        rows = self._store.edges_between(relation, start_kind, end_kind, start_ids, end_ids)
        altered = [
            shown for row in rows for shown in self._shown(relation, row) if shown["end_id"] in set(end_ids)
        ]
        if self._alteration.change == "swapped":
            altered += self._moved(relation, (start_kind, end_kind), start_ids, end_ids)
        return sorted(altered, key=lambda row: (row["start_id"], row["end_id"], row["edge"]["source"]))

    def _shown(self, relation: str, row: Row) -> list[Row]:
        change = self._alteration
        if {row["start_id"], row["end_id"]} != {change.first, change.second}:
            return [row]
        if change.change != "inverted":
            return []
        edge = row["edge"]
        return [row | {"edge": edge | {"action": opposite_action(relation, edge.get("action") or "")}}]

    def _moved(
        self, relation: str, kinds: tuple[str, str], start_ids: Sequence[str], end_ids: Sequence[str]
    ) -> list[Row]:
        """The altered link's edges, from or to the other node, as far as they were asked for."""
        change = self._alteration
        moved: list[Row] = []
        if change.first in start_ids and change.other in end_ids:
            rows = self._store.edges_between(relation, *kinds, [change.first], [change.second])
            moved += [row | {"end_id": change.other, "end_name": change.other_name} for row in rows]
        if change.other in start_ids and change.first in end_ids:
            rows = self._store.edges_between(relation, *kinds, [change.second], [change.first])
            moved += [row | {"start_id": change.other, "start_name": change.other_name} for row in rows]
        return moved

    def run(self, template: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Runs a read-only template on the wrapped store."""
        return self._store.run(template, parameters)

    def nodes(self, kind: str, columns: Sequence[str] | None = None) -> pa.Table:
        """All nodes of a kind."""
        return self._store.nodes(kind, columns)

    def edges(
        self,
        relation: str,
        start_kind: str,
        end_kind: str,
        columns: Sequence[str] | None = None,
        sources: Sequence[str] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Streams the wrapped store's edges, the altered link as it was."""
        return self._store.edges(relation, start_kind, end_kind, columns, sources)

    def fingerprint(self) -> Fingerprint:
        """The wrapped store's fingerprint."""
        return self._store.fingerprint()

    def metadata(self) -> dict[str, str]:
        """The wrapped store's metadata."""
        return self._store.metadata()

    def blob(self, name: str) -> bytes | None:
        """The wrapped store's bytes."""
        return self._store.blob(name)

    def blob_names(self) -> list[str]:
        """Names of the wrapped store's bytes."""
        return self._store.blob_names()

    def isolated_ids(self, kind: str) -> list[str]:
        """Ids of the wrapped store's nodes without an edge."""
        return self._store.isolated_ids(kind)

    def licences(self, relation: str) -> dict[tuple[str, str], int]:
        """Numbers of the wrapped store's edges."""
        return self._store.licences(relation)

    def years(self, relation: str, year: int) -> dict[str, YearCount]:
        """Numbers of the wrapped store's edges by year."""
        return self._store.years(relation, year)
