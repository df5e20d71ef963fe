"""Shows a graph with one of its links inverted, deleted or moved to another node, without writing to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from kedrec.schema import load_schema
from kedrec.stores.visible import VisibleStore, view_of

if TYPE_CHECKING:
    from kedrec.stores.base import GraphStore, Row

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


class AlteredStore(VisibleStore):
    """A read-only graph whose `edges_between` shows one link altered; all else is as in the graph.

    Args:
        store: the graph.
        alteration: the change.
    """

    def __init__(self, store: GraphStore, alteration: Alteration) -> None:
        super().__init__(store, view_of(store))
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
        rows = super().edges_between(relation, start_kind, end_kind, start_ids, end_ids)
        altered = [shown for row in rows for shown in self._shown(relation, row)]
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
            rows = super().edges_between(relation, *kinds, [change.first], [change.second])
            moved += [row | {"end_id": change.other, "end_name": change.other_name} for row in rows]
        if change.other in start_ids and change.first in end_ids:
            rows = super().edges_between(relation, *kinds, [change.second], [change.first])
            moved += [row | {"start_id": change.other, "start_name": change.other_name} for row in rows]
        return moved
