"""Clusters diseases by similarities that ignore their treatments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kedrec.ranking.adjacency import TREATS
from kedrec.ranking.similarity import similarities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.ranking.similarity import Similarity

__all__ = ["cluster_by_similarity", "cluster_diseases"]

_DEFAULT_COUNT = 20


def cluster_diseases(
    adjacency: Adjacency,
    tables: Sequence[Table],
    count: int = _DEFAULT_COUNT,
    *,
    max_distance: float | None = None,
) -> NDArray[np.int64]:
    """The cluster of each treated disease, from 0; -1 for diseases without a treatment.

    Complete linkage over the mean of all similarities between diseases, none of which uses treatments.

    Args:
        adjacency: the graph.
        tables: the tables that have links.
        count: number of clusters, where `max_distance` is None; fewer where pairs are equally far apart, more
            where so many are that less than half would be left.
        max_distance: maximum distance within a cluster, 0 to 1; a distance is 1 minus the similarity relative
            to that of the most similar pair.
    """
    all_clusters = np.full(len(adjacency.ids("Disease")), -1, np.int64)
    treated = np.flatnonzero(adjacency.incidence(TREATS).back_degrees)
    all_clusters[treated] = cluster_by_similarity(
        similarities(adjacency, "Disease", tables),
        treated,
        count,
        least=count // 2,
        max_distance=max_distance,
    )
    return all_clusters


def cluster_by_similarity(
    measures: Sequence[Similarity],
    nodes: NDArray[np.int64],
    count: int = _DEFAULT_COUNT,
    *,
    least: int = 0,
    max_distance: float | None = None,
) -> NDArray[np.int64]:
    """The cluster of each node, from 0; arguments as for `cluster_diseases`.

    Args:
        measures: similarities between the nodes of a kind.
        nodes: numbers of some of its nodes, ascending.
        count, max_distance: as for `cluster_diseases`.
        least: number of clusters under which none of the pairs that are equally far apart are joined.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(nodes) < 2:
        return np.zeros(len(nodes), np.int64)
    mean = np.zeros((len(nodes), len(nodes)))
    for similarity in measures:
        table = similarity.rows(nodes).columns(nodes)
        mean += np.maximum(table, table.T) / len(measures)
    distances = 1 - mean / max(mean.max(), 1e-9)
    np.fill_diagonal(distances, 0.0)
    tree = linkage(squareform(distances, checks=False), "complete")
    if max_distance is not None:
        clusters = fcluster(tree, max_distance, "distance")
    elif (clusters := fcluster(tree, count, "maxclust")).max() < min(least, len(nodes)):
        # In a sparse graph most diseases are equally far apart, and merge at once: none of them is merged.
        heights = np.sort(tree[:, 2])
        clusters = fcluster(tree, np.nextafter(heights[max(len(nodes) - count, 0)], -1.0), "distance")
    return np.asarray(clusters - 1, np.int64)
