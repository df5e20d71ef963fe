"""Two drugs for one disease, side by side."""

from __future__ import annotations

from kedrec.types.answer import Manifest, Recommendation
from kedrec.types.base import Frozen
from kedrec.types.graph import Entity, TakenFor

__all__ = ["ComparedMetapath", "ComparedPart", "Comparison"]


class ComparedPart(Frozen):
    """One part of two drugs' scores, in log-odds (unfitted: in no unit).

    Attributes:
        label: the metapath, or what the part is called.
        left, right: what it adds to either score.
    """

    label: str
    group: str
    left: float
    right: float

    @property
    def difference(self) -> float:
        """What it adds to the left score over the right."""
        return self.left - self.right


class ComparedMetapath(Frozen):
    """How many supporting paths two drugs have along one metapath.

    Attributes:
        left, right: all the paths of either.
    """

    metapath: str
    template: str
    left: int
    right: int


class Comparison(Frozen):
    """Two drugs for one disease, side by side.

    Attributes:
        left, right: the evidence of either, as `explain` gives it.
        parts: the parts of both scores, those that differ most first; the differences sum to the scores'.
        metapaths: of either drug, those that differ most first.
        shared: the evidence of `left` and `right` (by id) whose path the other drug has as well: along the
            same metapath, through the same nodes.
        exclusive: the ids of the rest, which only `left`, and only `right`, has.
        verdict: what makes the difference, in words.
        taken_for: what the asked names were taken for, where they are called otherwise.
    """

    disease: Entity
    left: Recommendation
    right: Recommendation
    parts: tuple[ComparedPart, ...]
    metapaths: tuple[ComparedMetapath, ...]
    shared: tuple[tuple[str, ...], tuple[str, ...]]
    exclusive: tuple[tuple[str, ...], tuple[str, ...]]
    verdict: str
    manifest: Manifest
    taken_for: tuple[TakenFor, ...] = ()
