"""Decomposes a score into the exact contributions of its models' features, grouped by meaning."""

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
    """A group of features with one meaning, whose contributions are added up.

    Attributes:
        group: the type of the features.
        label: the metapath, or what a similarity compares.
        columns: column indices of the features.
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
        values: pairs x parts, of each part's first feature; for a metapath the degree-weighted path count.
    """

    base: NDArray[np.float64]
    contributions: NDArray[np.float32]
    values: NDArray[np.float32]


def parts_of(features: Sequence[Feature]) -> list[Part]:
    """Groups features into parts, in the features' order."""
    columns: dict[tuple[Group, str], list[int]] = {}
    for column, feature in enumerate(features):
        label = feature.label.partition(", ")[0] if feature.group != "prior" else feature.label
        columns.setdefault((feature.group, label), []).append(column)
    return [Part(group, label, tuple(indices)) for (group, label), indices in columns.items()]


def decompose(
    rows: NDArray[np.float32], members: Sequence[Member], scale: Scale, parts: Sequence[Part]
) -> Parts:
    """Decomposes the scores that the models of one regime and fold give to some pairs.

    Args:
        rows: pairs x features.
        members, scale: the models, and the scale that turns their scores into log-odds.
        parts: as `parts_of` returns them.
    """
    by_feature = np.zeros((len(rows), rows.shape[1]))
    base = np.full(len(rows), scale.shift)
    for member, centre, spread in zip(members, scale.centres, scale.spreads, strict=True):
        weight = scale.slope / (len(members) * spread)
        by_member = member.parts(rows)
        by_feature += weight * by_member[:, :-1]
        base += weight * (by_member[:, -1] - centre)
    uncalibrated = base + by_feature.sum(axis=1)
    # Calibration stretches all parts by one factor, so that they still add up.
    has_parts = np.abs(uncalibrated - base) > 1e-9  # false for a score without any part
    calibrated_base, calibrated = scale.calibrate(base), scale.calibrate(uncalibrated)
    by_feature *= np.divide(
        calibrated - calibrated_base, uncalibrated - base, out=np.ones(len(rows)), where=has_parts
    )[:, None]
    base = calibrated_base
    contributions = np.column_stack([by_feature[:, list(part.columns)].sum(axis=1) for part in parts])
    values = np.column_stack(
        [
            rows[:, part.columns[0]] ** 2 if part.group == "metapath" else rows[:, part.columns[0]]
            for part in parts
        ]
    )
    return Parts(base, contributions.astype(np.float32), values.astype(np.float32))
