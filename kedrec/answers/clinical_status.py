"""A drug's approval: its first year, and the places."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from kedrec.evidence.approvals import approval_year
from kedrec.types import ClinicalStatus

if TYPE_CHECKING:
    from kedrec.ranking.adjacency import Adjacency
    from kedrec.stores import GraphStore

__all__ = ["ClinicalStatuses"]

_APPROVED = "Approved in "
"""How a drug's description begins where a list of approved drugs gave it."""


class ClinicalStatuses:
    """The clinical status of a graph's drugs.

    Args:
        store: the graph.
        adjacency: its links.
    """

    def __init__(self, store: GraphStore, adjacency: Adjacency) -> None:
        self._store = store
        self._adjacency = adjacency

    @cached_property
    def _approvals(self) -> dict[str, str]:
        """Where each drug is approved, for drugs of which a source says so."""
        return {
            row["id"]: row["description"]
            for row in self._store.nodes("Drug", ["id", "description"]).to_pylist()
            if row["description"].startswith(_APPROVED)
        }

    def status(self, drug: str) -> ClinicalStatus:
        """The status of a drug by its id."""
        return ClinicalStatus(
            approved_since=approval_year(self._store, self._adjacency, drug),
            approval=self._approvals.get(drug, ""),
        )
