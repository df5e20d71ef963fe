"""What a score is made of: each model's exact parts, gathered by what they tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kedrec.ranking.calibration import Scale
    from kedrec.ranking.ensemble import Member
    from kedrec.ranking.features import Feature, Group

__all__ = ["Part", "Parts", "decompose", "parts_of"]


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a score is made of: features that tell the same.

    Attributes:
        group: what kind it is.
        label: the metapath, or what is compared.
        columns: of the features.
    """

    group: Group
    label: str
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of some pairs' scores.

    Attributes:
        base: log-odds before any part, one a pair.
        contributions: pairs x parts; with the base they sum to the scores.
        values: pairs x parts; the first feature's: of a metapath its degree-weighted path count.
    """

    base: NDArray[np.float64]
    contributions: NDArray[np.float32]
    values: NDArray[np.float32]


def parts_of(features: Sequence[Feature]) -> list[Part]:
    """The parts that features belong to, in the features' order."""
    columns: dict[tuple[Group, str], list[int]] = {}
    for column, feature in enumerate(features):
        label = feature.label.partition(", ")[0] if feature.group != "prior" else feature.label
        columns.setdefault((feature.group, label), []).append(column)
    return [Part(group, label, tuple(found)) for (group, label), found in columns.items()]


def decompose(
    rows: NDArray[np.float32], members: Sequence[Member], scale: Scale, parts: Sequence[Part]
) -> Parts:
    """The parts of the scores that some models of one regime and fold give to some pairs.

    Args:
        rows: pairs x features.
        members, scale: the models, and how they become log-odds.
        parts: as `parts_of` lists them.
    """
    by_feature = np.zeros((len(rows), rows.shape[1]))
    base = np.full(len(rows), scale.shift)
    for member, centre, spread in zip(members, scale.centres, scale.spreads, strict=True):
        share = scale.slope / (len(members) * spread)
        told = member.parts(rows)
        by_feature += share * told[:, :-1]
        base += share * (told[:, -1] - centre)
    straight = base + by_feature.sum(axis=1)
    # Calibration stretches all parts alike, so that they still add up.
    moved = np.abs(straight - base) > 1e-9  # a score without any part
    bare, whole = scale.calibrated(base), scale.calibrated(straight)
    by_feature *= np.divide(whole - bare, straight - base, out=np.ones(len(rows)), where=moved)[:, None]
    base = bare
    contributions = np.column_stack([by_feature[:, list(part.columns)].sum(axis=1) for part in parts])
    values = np.column_stack(
        [
            rows[:, part.columns[0]] ** 2 if part.group == "metapath" else rows[:, part.columns[0]]
            for part in parts
        ]
    )
    return Parts(base, contributions.astype(np.float32), values.astype(np.float32))
