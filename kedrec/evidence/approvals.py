"""Years in which drugs were first approved, as sources say beside the drugs' mechanisms of action.

A node has no year, and a mechanism's edge has one: that in which the drug was first approved, by which its
mechanism was known at the latest. The evidence says so, since other edges' years are those of a publication.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kedrec.evidence.node_edges import node_edges
from kedrec.schema import TARGET_KINDS, load_schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.stores.base import GraphStore

__all__ = ["approval_year", "approval_years", "names_mechanism", "target_evidence", "year_in_evidence"]

_APPROVED = re.compile(r"first approved in (\d{4})")
_MECHANISM = "mechanism of action: "


def year_in_evidence(evidence: str) -> int | None:
    """The year of first approval in an edge's evidence, the earliest of several; None without one."""
    return min(map(int, _APPROVED.findall(evidence)), default=None)


def approval_year(evidence: Iterable[str]) -> int | None:
    """The year of a drug's first approval by its `target_evidence`; None where no source says so."""
    return min((year for year in map(year_in_evidence, evidence) if year is not None), default=None)


def names_mechanism(evidence: Iterable[str]) -> bool:
    """True if a source has a drug's mechanism of action, as lists of drugs and clinical candidates do."""
    return any(one.startswith(_MECHANISM) for one in evidence)


def target_evidence(store: GraphStore, adjacency: Adjacency, drug: str) -> list[str]:
    """The evidence of a drug's edges to its targets.

    Args:
        store, adjacency: a graph and its links.
        drug: the drug's id.
    """
    number = adjacency.number("Drug", drug)
    if number is None:
        return []
    edges = node_edges(adjacency)
    return [
        row["edge"]["evidence"] or ""
        for table in _target_tables()
        for row in edges.read(store, adjacency, table, [number])
    ]


def _target_tables() -> list[Table]:
    return [
        (relation, "Drug", kind)
        for kind in TARGET_KINDS
        for relation in load_schema().joining("target", "Drug", kind)
    ]


def approval_years(store: GraphStore) -> dict[str, int]:
    """The year of first approval of each drug that has one, by the drug's id."""
    years: dict[str, int] = {}
    present = {relation for relation, _ in store.fingerprint().edges}
    for table in _target_tables():
        if table[0] not in present:
            continue
        for batch in store.edges(*table, ["start", "evidence"]):
            for row in batch.to_pylist():
                year = year_in_evidence(row["evidence"])
                if year is not None:
                    years[row["start"]] = min(year, years.get(row["start"], year))
    return years
