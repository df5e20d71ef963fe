"""Clusters of similar diseases, found without their treatments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kedrec.ranking.similarity import similarities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency, Table

__all__ = ["clusters"]

_CLUSTERS = 20


def clusters(
    adjacency: Adjacency, linked: Sequence[Table], count: int = _CLUSTERS, *, apart: float | None = None
) -> NDArray[np.int64]:
    """The cluster of each treated disease, from 0; -1 for diseases without a treatment.

    Complete linkage over the mean of all similarities between diseases (none of them knows a treatment), cut
    at `count` clusters; with `apart` (0 to 1, of the most alike pair's similarity), where no two of a cluster
    are further from each other than that.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    links = adjacency.incidence(("TREATS", "Drug", "Disease"))
    treated = np.flatnonzero(links.back_degrees)
    mean = np.zeros((len(treated), len(treated)))
    found = similarities(adjacency, "Disease", linked)
    for similarity in found:
        table = similarity.among(treated)[treated]
        mean += np.maximum(table, table.T) / len(found)
    distances = 1 - mean / max(mean.max(), 1e-9)
    np.fill_diagonal(distances, 0.0)
    tree = linkage(squareform(distances, checks=False), "complete")
    of_all = np.full(len(links.back_degrees), -1, np.int64)
    found_in = fcluster(tree, count, "maxclust") if apart is None else fcluster(tree, apart, "distance")
    of_all[treated] = found_in - 1
    return of_all
