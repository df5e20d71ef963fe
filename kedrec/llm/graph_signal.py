"""Signal of the graph on a pair in numbers, as lines of a prompt: the ranking's place, and kinds of paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kedrec.types import Evidence

__all__ = ["GraphSignal"]

_ENDS = (3, 10, 30, 100, 300, 1000)
"""Ends of the buckets of places, which mean the same with and without hidden treatments."""
_FRONT = 100
_KINDS = {
    "mechanism": ("mechanism", "mechanisms"),
    "analogy": ("analogy", "analogies"),
    "association": ("association", "associations"),
    "other": ("other", "others"),
    "adverse": ("against it", "against it"),
}


@dataclass(frozen=True, slots=True)
class GraphSignal:
    """Signal of the graph on a pair, in numbers.

    Attributes:
        place: the drug's place in the ranking of all drugs for the disease, 1 for the first; None for a drug
            or a disease that the ranking doesn't know.
        kinds: number of the pair's paths by role, `other` for the less common ones and `adverse` for those
            against it.
    """

    place: int | None
    kinds: Mapping[str, int]

    @classmethod
    def of(cls, place: int | None, paths: Iterable[Evidence]) -> GraphSignal:
        """The signal of a pair with some paths, supporting and adverse."""
        return cls(
            place,
            Counter(
                "adverse" if item.stance == "adverse" else item.role if item.role in _KINDS else "other"
                for item in paths
            ),
        )

    @property
    def speaks_for(self) -> bool:
        """True for a drug that the ranking puts in front."""
        return self.place is not None and self.place <= _FRONT

    @property
    def lines(self) -> tuple[str, ...]:
        """The signal in sentences."""
        counts = {kind: self.kinds.get(kind, 0) for kind in _KINDS}
        kinds = [f"{count} {_KINDS[kind][count > 1]}" for kind, count in counts.items() if count]
        return (self._place_line(), f"Its paths: {', '.join(kinds) or 'none'}.")

    def _place_line(self) -> str:
        if self.place is None:
            return "The ranking doesn't know it."
        for end in _ENDS:
            if self.place <= end:
                return f"The ranking puts it among its first {end:,} drugs."
        return f"The ranking puts it after its first {_ENDS[-1]:,} drugs."
