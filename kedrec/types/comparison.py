"""Types of the comparison of two drugs for one disease."""

from __future__ import annotations

from kedrec.types.answer import Manifest, Recommendation, part_title
from kedrec.types.base import Frozen
from kedrec.types.display import Displayed
from kedrec.types.graph import Entity, TakenFor

__all__ = ["ComparedMetapath", "ComparedPart", "Comparison"]


class ComparedPart(Frozen):
    """One part of two drugs' scores, in log-odds (unfitted: without unit).

    Attributes:
        label: the metapath, or another name of the part.
        left, right: its contribution to each score.
    """

    label: str
    group: str
    left: float
    right: float

    @property
    def title(self) -> str:
        """As of `part_title`."""
        return part_title(self.group, self.label)

    @property
    def difference(self) -> float:
        """The contribution to the left score minus that to the right."""
        return self.left - self.right


class ComparedMetapath(Frozen):
    """Numbers of two drugs' supporting paths along one metapath.

    Attributes:
        left, right: number of each drug's paths.
    """

    metapath: str
    template: str
    left: int
    right: int


class Comparison(Displayed, Frozen):
    """Comparison of two drugs for one disease.

    Attributes:
        left, right: the explanation of each drug, as `explain` returns it.
        parts: the parts of both scores, largest difference first; the differences add up to the scores'.
        metapaths: metapaths of at least one drug, largest difference first.
        shared: ids of evidence of `left` and of `right` whose path the other drug has too: the same
            metapath through the same nodes.
        exclusive: ids of the evidence that only `left`, and only `right`, has.
        verdict: the main differences, in words.
        taken_for: the entities that queried names were resolved to under another name.
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
