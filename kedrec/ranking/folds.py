"""Assigns pairs, drugs and diseases to five folds by a hash of their numbers; a fold is hidden together.

There are two regimes: `treated` for every pair of a disease with a known treatment, which may use the
disease's other treatments; `unseen` for diseases without any, learned with all of a disease's own treatments
hidden. The regime depends on the disease alone, so that within a disease it reveals nothing about a pair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "FOLDS",
    "REGIMES",
    "Regime",
    "fold_of",
    "fold_of_disease",
    "fold_of_drug",
    "fold_of_group",
    "fold_table",
]

Regime = Literal["treated", "unseen"]
REGIMES: tuple[Regime, ...] = ("treated", "unseen")
FOLDS = 5


def fold_of(regime: Regime, drugs: NDArray[Any], diseases: NDArray[Any], seed: int) -> NDArray[np.int64]:
    """The fold of each pair in a regime: its models have not seen the pair's label."""
    if regime == "unseen":
        return fold_of_disease(diseases, seed)
    return fold_of_pair(drugs, diseases, seed)


def fold_of_pair(drugs: NDArray[Any], diseases: NDArray[Any], seed: int) -> NDArray[np.int64]:
    """The fold of each pair, a hash of its numbers and the seed."""
    mixed = drugs.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (diseases.astype(np.uint64) + np.uint64(seed))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(31))) * np.uint64(0x94D049BB133111EB)
    return ((mixed >> np.uint64(33)) % np.uint64(FOLDS)).astype(np.int64)


def fold_table(drugs: int, diseases: NDArray[np.int64], regime: Regime, seed: int) -> NDArray[np.int8]:
    """The fold of every pair in a regime: drugs x diseases.

    Args:
        drugs: number of drugs.
        diseases: numbers of the diseases.
        regime, seed: as in `fold_of`.
    """
    table = np.empty((drugs, len(diseases)), np.int8)
    numbers = np.arange(drugs)
    # Column by column: the hashes are eight times the size of the folds.
    for column, disease in enumerate(diseases.tolist()):
        table[:, column] = fold_of(regime, numbers, np.full(drugs, disease), seed)
    return table


def fold_of_drug(drugs: NDArray[Any], seed: int) -> NDArray[np.int64]:
    """The fold of each drug."""
    return fold_of_pair(drugs, np.zeros_like(drugs), seed + 2)


def fold_of_disease(diseases: NDArray[Any], seed: int) -> NDArray[np.int64]:
    """The fold of each disease."""
    return fold_of_pair(np.zeros_like(diseases), diseases, seed + 1)


def fold_of_group(groups: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The fold of each member of some groups, 0 to `count` - 1: a group is never split.

    The largest group goes first, into the emptiest fold.
    """
    sizes = np.bincount(groups)
    folds, load = np.zeros(len(sizes), np.int64), np.zeros(count)
    for group in np.argsort(-sizes, kind="stable").tolist():
        folds[group] = int(np.argmin(load))
        load[folds[group]] += sizes[group]
    return folds[groups]
