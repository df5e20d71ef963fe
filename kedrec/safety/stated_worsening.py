"""Finds the disease that a warning says a drug worsens: the one in question, or what it is a kind of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.common.plain_text import one_line
from kedrec.pathlogic.signs import action_signs
from kedrec.ranking.adjacency import table_of
from kedrec.safety.cautions import steps_up
from kedrec.schema import load_schema
from kedrec.stores.role_edges import edges_between_with_role

if TYPE_CHECKING:
    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.stores import GraphStore

__all__ = ["Worsening", "stated_worsening"]

_TABLES: tuple[Table, ...] = tuple(
    dict.fromkeys(
        table_of(name, "Drug", "Disease") for name in load_schema().joining("side effect", "Drug", "Disease")
    )
)


_MAX_WORDS = 300  # characters of a warning


@dataclass(frozen=True, slots=True)
class Worsening:
    """A warning that a drug worsens a disease.

    Attributes:
        disease: id of the disease that the warning names.
        words: the warning's words with its source; "" where the graph has none.
    """

    disease: str
    words: str


def stated_worsening(store: GraphStore, adjacency: Adjacency, drug: int, disease: int) -> Worsening | None:
    """The warning of the nearest disease, over at most two steps up the hierarchy; None without one.

    That the drug causes the disease, as a side effect, is no such warning: it has no action.

    Args:
        store, adjacency: the graph.
        drug, disease: numbers of the pair.
    """
    warned = {
        number
        for table in _TABLES
        if adjacency.has_table(table)
        for number in adjacency.incidence(table).row(drug).tolist()
    }
    if not warned:  # as most drugs
        return None
    above = steps_up(adjacency, disease)
    ids = [adjacency.node_id("Disease", number) for number in above if number in warned]
    if not ids:
        return None
    drug_id = adjacency.node_id("Drug", drug)
    rows = edges_between_with_role(store, "side effect", ("Drug", "Disease"), [drug_id], ids)
    stated = {
        row["end_id"]: one_line(row["edge"].get("evidence") or "")[:_MAX_WORDS]
        for row in rows
        if row["edge"].get("action") and action_signs(row["relation"], row["edge"]["action"]) == {1}
    }
    return next((Worsening(id_, stated[id_]) for id_ in ids if id_ in stated), None)
