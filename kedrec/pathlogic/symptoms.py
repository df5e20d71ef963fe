"""Tells a disease's frequent symptoms from those that few people with it have, by the words of their edges.

HPO and Orphanet give a frequency as a share of patients (`7/12`) or as a range of percents (`frequent
(30-79%)`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kedrec.types import PathStep

__all__ = ["is_frequent_symptom"]

_PERCENT = re.compile(r"\((\d{1,3})(?:-\d{1,3})?%\)")
_COUNT = re.compile(r"\b(\d+)/([1-9]\d*)\b")
_FREQUENT = 0.3  # the least share of people that HPO calls frequent


def is_frequent_symptom(step: PathStep) -> bool:
    """True if an edge between a disease and a symptom states that 30 % or more of the people have it."""
    return any(_largest_share(edge.evidence) >= _FREQUENT for edge in step.edges)


def _largest_share(evidence: str) -> float:
    """The largest share of people that the words of an edge state, 0 to 1; 0 without one."""
    percents = [int(low) / 100 for low in _PERCENT.findall(evidence)]
    counts = [int(some) / int(all_) for some, all_ in _COUNT.findall(evidence)]
    return max([*percents, *counts], default=0.0)
