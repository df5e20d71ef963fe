"""Cross-validation folds that hide treatments by pair, drug, disease or cluster of similar diseases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from kedrec.ranking.clusters import cluster_diseases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency, Table

__all__ = ["SPLITS", "Split", "cluster_diseases", "folds"]

Split = Literal["pair", "disease", "cluster", "drug"]
SPLITS: tuple[Split, ...] = ("pair", "disease", "cluster", "drug")

_FOLDS: dict[Split, int] = {"pair": 5, "disease": 10, "cluster": 10, "drug": 5}


def folds(adjacency: Adjacency, link_tables: Sequence[Table], split: Split, seed: int) -> NDArray[np.int64]:
    """Assigns every pair (drugs x diseases) a fold: 0 to 4 by pair and drug, 0 to 9 by disease and cluster.

    Clusters come from `cluster_diseases` and are not drawn: the largest goes first, into the emptiest fold.
    """
    shape = (len(adjacency.ids("Drug")), len(adjacency.ids("Disease")))
    count, generator = _FOLDS[split], np.random.default_rng(seed)
    if split == "pair":
        return generator.integers(0, count, shape)
    if split == "drug":
        return np.repeat((generator.permutation(shape[0]) % count)[:, None], shape[1], axis=1)
    if split == "disease":
        fold_of_disease = generator.permutation(shape[1]) % count
    else:
        fold_of_disease = _cluster_folds(cluster_diseases(adjacency, link_tables), count)
    return np.repeat(fold_of_disease[None, :], shape[0], axis=0)


def _cluster_folds(groups: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Folds of whole groups, the largest first into the emptiest; diseases without a group go to fold 0."""
    sizes = np.bincount(groups[groups >= 0])
    fold_of, load = np.zeros(len(sizes), np.int64), np.zeros(count)
    for group in np.argsort(-sizes, kind="stable").tolist():
        fold_of[group] = int(np.argmin(load))
        load[fold_of[group]] += sizes[group]
    return np.where(groups >= 0, fold_of[np.maximum(groups, 0)], 0)
