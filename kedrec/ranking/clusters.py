"""Clusters treated diseases by similarities that ignore their treatments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kedrec.ranking.adjacency import TREATS
from kedrec.ranking.similarity import similarities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency, Table

__all__ = ["cluster_diseases"]

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
        count: number of clusters, where `max_distance` is None.
        max_distance: maximum distance within a cluster, 0 to 1; a distance is 1 minus the similarity relative
            to that of the most similar pair.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    links = adjacency.incidence(TREATS)
    treated = np.flatnonzero(links.back_degrees)
    mean = np.zeros((len(treated), len(treated)))
    measures = similarities(adjacency, "Disease", tables)
    for similarity in measures:
        similarity_table = similarity.columns(treated)[treated]
        mean += np.maximum(similarity_table, similarity_table.T) / len(measures)
    distances = 1 - mean / max(mean.max(), 1e-9)
    np.fill_diagonal(distances, 0.0)
    tree = linkage(squareform(distances, checks=False), "complete")
    all_clusters = np.full(len(links.back_degrees), -1, np.int64)
    treated_clusters = (
        fcluster(tree, count, "maxclust")
        if max_distance is None
        else fcluster(tree, max_distance, "distance")
    )
    all_clusters[treated] = treated_clusters - 1
    return all_clusters
