"""Kronecker kernel ridge regression over drug-disease pairs.

The similarity of two pairs is that of their drugs times that of their diseases (Stock et al. 2018,
doi:10.1162/neco_a_01096). With the eigenvectors of both kernels the fit is a product of matrices, and so are
the exact predictions without a pair's own treatment or without all of a disease's. The weight of each
similarity is learned so that their sum is closest to the similarity of the known treatments (kernel
alignment, Cortes et al. 2012, JMLR 13:795).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from kedrec.ranking.similarity import Similarity

__all__ = ["STRENGTHS", "PairKernel", "PairRidge", "Spectrum"]

STRENGTHS = (0.3, 3.0, 30.0)
"""Strengths of the ridge, from the nearest pairs alone to broad neighbourhoods."""

_ONE_SIDED = 1.0  # strength of the ridge over drugs alone and over diseases alone
_MAX_LEARNED = 2500  # nodes of a kind to learn from, unless more are treated; the others are projected
_MAX_ALIGNED = 1000  # treated nodes of the sample that similarities are weighted on
_MIN_EIGENVALUE = 1e-3  # smaller eigenvalues are dropped
_SEED = 20250220


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Eigendecomposition of a kernel between the nodes of a kind.

    Attributes:
        values: its eigenvalues, positive.
        coordinates: nodes x eigenvalues: each node along the eigenvectors; for nodes that were not learned
            from, their projection.
    """

    values: NDArray[np.float32]
    coordinates: NDArray[np.float32]

    @classmethod
    def of(
        cls, similarities: Sequence[Similarity], weights: NDArray[np.float64], treated: NDArray[np.bool_]
    ) -> Spectrum:
        """Decomposes the weighted mean of some similarities, 1 of a node with itself.

        Args:
            similarities: between all nodes.
            weights: one per similarity, not negative.
            treated: mask of the nodes with a known treatment; they are always learned from.
        """
        from scipy.linalg import eigh

        learned = _learned_nodes(treated)
        table = np.zeros((len(treated), len(learned)), np.float32)
        for similarity, weight in zip(similarities, weights.tolist(), strict=True):
            if weight > 0:
                table += np.float32(weight) * similarity.columns(learned)
        square = np.maximum(table[learned], table[learned].T)
        np.fill_diagonal(square, 1.0)
        values, vectors = eigh(square)
        large = values > _MIN_EIGENVALUE
        coordinates = np.asarray(table @ (vectors[:, large] / values[large]), np.float32)
        coordinates[learned] = vectors[:, large]
        return cls(values[large].astype(np.float32), coordinates)


@dataclass(frozen=True, slots=True)
class PairKernel:
    """The kernel over pairs: the product of the kernels of drugs and of diseases."""

    drugs: Spectrum
    diseases: Spectrum

    @classmethod
    def of(
        cls, drugs: Sequence[Similarity], diseases: Sequence[Similarity], treats: csr_array[Any]
    ) -> PairKernel:
        """Learns the kernel from the known treatments.

        Similarities of diseases have half their learned weight and half an equal share: there are too few
        diseases to learn from to rely on a single similarity.

        Args:
            drugs, diseases: their similarities.
            treats: the known treatments, drugs x diseases.
        """
        transposed = treats.T.tocsr()
        disease_weights = _alignment_weights(diseases, transposed)
        equal = np.full(len(diseases), 1 / max(len(diseases), 1))
        return cls(
            Spectrum.of(drugs, _alignment_weights(drugs, treats), np.diff(treats.indptr) > 0),
            Spectrum.of(diseases, (disease_weights + equal) / 2, np.diff(transposed.indptr) > 0),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The kernel as arrays that `restored` reads."""
        arrays: dict[str, NDArray[Any]] = {}
        for kind, spectrum in (("drugs", self.drugs), ("diseases", self.diseases)):
            arrays[f"kernel/{kind}/values"] = spectrum.values
            arrays[f"kernel/{kind}/places"] = spectrum.coordinates
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> PairKernel:
        """Restores a kernel from the arrays of `arrays`."""
        return cls(*(
            Spectrum(arrays[f"kernel/{kind}/values"], arrays[f"kernel/{kind}/places"])
            for kind in ("drugs", "diseases")
        ))  # fmt: skip


class PairRidge:
    """Predicts pairs from the known treatments of similar drugs and diseases.

    Args:
        kernel: the similarity of pairs.
        treats: the known treatments, drugs x diseases.
    """

    def __init__(self, kernel: PairKernel, treats: csr_array[Any]) -> None:
        self._drugs, self._diseases = kernel.drugs, kernel.diseases
        self._treats = treats
        # Eigenvalues of drugs x diseases.
        self._drug_coordinates = np.asarray((treats.T @ self._drugs.coordinates).T, np.float32)
        self._coefficients = self._drug_coordinates @ self._diseases.coordinates
        product: NDArray[np.float32] = np.multiply.outer(self._drugs.values, self._diseases.values)
        self._shrinkage: list[NDArray[np.float32]] = [
            product / (product + np.float32(strength)) for strength in STRENGTHS
        ]

    def over_pairs(
        self, diseases: NDArray[np.int64]
    ) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Predictions of each strength for all drugs and some diseases: drugs x diseases, twice.

        The first is without the pair's own treatment, the second without any of the disease's.
        """
        coordinates = self._diseases.coordinates[diseases]
        rows, columns = self._own_treatments(diseases)
        predictions = []
        for shrinkage in self._shrinkage:
            own_hidden = np.asarray(
                self._drugs.coordinates @ ((self._coefficients * shrinkage) @ coordinates.T), np.float32
            )
            # Of each eigenvector of drugs, on the disease itself.
            leverage = shrinkage @ np.square(coordinates).T
            by_own_treatments = self._drugs.coordinates @ (leverage * self._drug_coordinates[:, diseases])
            all_hidden = np.asarray(own_hidden - by_own_treatments, np.float32)
            by_own_pair = (np.square(self._drugs.coordinates[rows]) * leverage[:, columns].T).sum(axis=1)
            own_hidden[rows, columns] -= by_own_pair
            predictions.append((own_hidden, all_hidden))
        return predictions

    def over_drugs(self, diseases: NDArray[np.int64]) -> NDArray[np.float32]:
        """Predictions from similar drugs, without the pair's own treatment: drugs x diseases."""
        shrinkage = self._drugs.values / (self._drugs.values + np.float32(_ONE_SIDED))
        treatments = self._drug_coordinates[:, diseases]
        predictions: NDArray[np.float32] = (self._drugs.coordinates * shrinkage) @ treatments
        rows, columns = self._own_treatments(diseases)
        predictions[rows, columns] -= (np.square(self._drugs.coordinates[rows]) * shrinkage).sum(axis=1)
        return predictions

    def over_diseases(self, diseases: NDArray[np.int64]) -> NDArray[np.float32]:
        """Predictions from similar diseases, without the disease's own treatments: drugs x diseases."""
        shrinkage = self._diseases.values / (self._diseases.values + np.float32(_ONE_SIDED))
        weights = (self._diseases.coordinates * shrinkage) @ self._diseases.coordinates[diseases].T
        weights[diseases, np.arange(len(diseases))] = 0.0
        return np.asarray(self._treats @ weights, np.float32)

    def _own_treatments(self, diseases: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The treated pairs of some diseases: numbers of the drugs, and indices into these diseases."""
        rows, columns = self._treats[:, diseases].nonzero()
        return rows.astype(np.int64), columns.astype(np.int64)


def _learned_nodes(treated: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The nodes to learn from: all where they are few; else the treated ones and a random sample."""
    if len(treated) <= _MAX_LEARNED:
        return np.arange(len(treated))
    treated_nodes, other_nodes = np.flatnonzero(treated), np.flatnonzero(~treated)
    size = min(max(_MAX_LEARNED - len(treated_nodes), 0), len(other_nodes))
    sample = np.random.default_rng(_SEED).choice(other_nodes, size, replace=False)
    return np.sort(np.concatenate([treated_nodes, sample]))


def _alignment_weights(similarities: Sequence[Similarity], treats: csr_array[Any]) -> NDArray[np.float64]:
    """Weights that sum to one, by non-negative least squares on the cosines between the nodes' treatments."""
    from scipy.optimize import nnls

    equal = np.full(len(similarities), 1 / max(len(similarities), 1))
    nodes = np.flatnonzero(np.diff(treats.indptr))
    if len(nodes) > _MAX_ALIGNED:
        nodes = np.sort(np.random.default_rng(_SEED).choice(nodes, _MAX_ALIGNED, replace=False))
    if len(nodes) < 2 or not similarities:
        return equal
    profiles = treats[nodes]
    lengths = np.sqrt(np.diff(profiles.indptr))
    cosines = (profiles @ profiles.T).toarray() / np.outer(lengths, lengths)
    pairs = np.triu_indices(len(nodes), 1)
    columns = [similarity.columns(nodes)[nodes][pairs] for similarity in similarities]
    design = np.column_stack([*columns, np.ones(len(pairs[0]))]).astype(np.float64)
    weights = nnls(design, cosines[pairs].astype(np.float64))[0][:-1]
    return weights / weights.sum() if weights.sum() > 0 else equal
