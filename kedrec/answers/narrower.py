"""Diseases below a disease in the hierarchy, and the drugs that treat each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.ranking.adjacency import TREATS
from kedrec.ranking.hierarchy import diseases_below
from kedrec.types import NarrowerDisease

if TYPE_CHECKING:
    from kedrec.naming import NameIndex
    from kedrec.ranking.adjacency import Adjacency

__all__ = ["narrower_diseases"]

_MAX_LISTED = 10
_MAX_DRUGS = 5


def narrower_diseases(
    adjacency: Adjacency, names: NameIndex, disease: str
) -> tuple[int, tuple[NarrowerDisease, ...]]:
    """Counts the diseases below a disease, over any number of steps, and lists those with most treatments.

    Args:
        adjacency: the graph.
        names: its names.
        disease: id of the disease.

    Returns:
        How many there are, and up to ten of them: most treatments first, then by steps and id.
    """
    number = adjacency.number("Disease", disease)
    if number is None:
        return 0, ()
    has_treatments = adjacency.has_table(TREATS)
    below = []
    for steps, narrower in diseases_below(adjacency, number):
        drugs = adjacency.incidence(TREATS).back_row(narrower).tolist() if has_treatments else []
        below.append((-len(drugs), steps, adjacency.node_id("Disease", narrower), drugs))
    below.sort()
    listed = tuple(
        NarrowerDisease(
            disease=names.entity(id_, "Disease"),
            treatments=-fewer,
            drugs=tuple(
                names.entity(adjacency.node_id("Drug", drug), "Drug").name for drug in drugs[:_MAX_DRUGS]
            ),
        )
        for fewer, _, id_, drugs in below[:_MAX_LISTED]
    )
    return len(below), listed
