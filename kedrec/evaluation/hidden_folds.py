"""Cross-validation folds that hide treatments by pair, drug, disease, cluster or branch of the hierarchy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from kedrec.evaluation.areas import UNCLASSIFIED, areas_by_ancestor
from kedrec.ranking.clusters import cluster_diseases
from kedrec.ranking.folds import fold_of_group
from kedrec.ranking.hierarchy import relatives
from kedrec.ranking.sampling import treated_diseases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency, Table

__all__ = ["COLD_SPLITS", "SPLITS", "Split", "folds", "hidden_pairs"]

Split = Literal["pair", "disease", "cluster", "branch", "drug"]
SPLITS: tuple[Split, ...] = ("pair", "disease", "cluster", "branch", "drug")
COLD_SPLITS = frozenset({"disease", "cluster", "branch"})
"""The splits that hide every treatment of a disease."""

_FOLDS: dict[Split, int] = {"pair": 5, "disease": 10, "cluster": 10, "branch": 10, "drug": 5}


def folds(adjacency: Adjacency, link_tables: Sequence[Table], split: Split, seed: int) -> NDArray[np.int8]:
    """Assigns every pair (drugs x diseases) a fold: 0 to 4 by pair and drug, 0 to 9 by the others.

    Clusters come from `cluster_diseases`, branches from `areas_by_ancestor` (a disease of no branch is one of
    its own). Neither is drawn: the largest goes first, into the emptiest fold.
    """
    shape = (len(adjacency.ids("Drug")), len(adjacency.ids("Disease")))
    count, generator = _FOLDS[split], np.random.default_rng(seed)
    if split == "pair":
        table = np.empty(shape, np.int8)
        for row in table:  # row by row: the draws are eight times the size of the folds
            row[:] = generator.integers(0, count, shape[1])
        return table
    if split == "drug":
        return np.repeat((generator.permutation(shape[0]) % count)[:, None], shape[1], axis=1).astype(np.int8)
    if split == "disease":
        fold_of_disease = generator.permutation(shape[1]) % count
    else:
        fold_of_disease = np.zeros(shape[1], np.int64)
        treated = treated_diseases(adjacency)
        groups = (
            cluster_diseases(adjacency, link_tables)[treated]
            if split == "cluster"
            else _branches(adjacency, treated)
        )
        fold_of_disease[treated] = fold_of_group(groups, count)
    return np.repeat(fold_of_disease.astype(np.int8)[None, :], shape[0], axis=0)


def _branches(adjacency: Adjacency, diseases: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of each disease's branch of the hierarchy, from 0."""
    areas = areas_by_ancestor(adjacency)
    names = [
        f"{number} alone" if areas[number] == UNCLASSIFIED else areas[number] for number in diseases.tolist()
    ]
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def hidden_pairs(adjacency: Adjacency, split: Split, in_fold: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mask of the pairs that are hidden when a fold is scored: drugs x diseases.

    By branch not the fold's alone: a disease can be in several branches, so that the treatments of all
    diseases within two steps of the hierarchy are hidden too.
    """
    if split != "branch":
        return in_fold
    hidden = in_fold.copy()
    treated = treated_diseases(adjacency)
    hidden[:, relatives(adjacency, treated[in_fold[:, treated].any(axis=0)])] = True
    return hidden
