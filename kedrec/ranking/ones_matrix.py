"""Sparse matrices of 1 and 0: which nodes are linked with which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

__all__ = ["as_ones", "ones_matrix"]


def ones_matrix(indptr: NDArray[np.int64], indices: NDArray[np.int32], columns: int) -> csr_array[Any]:
    """Links as a matrix with a row for each start node.

    Args:
        indptr, indices: the links as compressed sparse rows.
        columns: number of end nodes.
    """
    from scipy.sparse import csr_array

    data = np.ones(len(indices), np.float32)
    return csr_array((data, indices, indptr.astype(np.int32)), shape=(len(indptr) - 1, columns))


def as_ones(matrix: Any) -> csr_array[Any]:
    """The matrix with every stored value 1."""
    ones: csr_array[Any] = matrix.tocsr()
    ones.data = np.ones(len(ones.data), np.float32)
    return ones
