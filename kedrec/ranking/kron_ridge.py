"""Kronecker kernel ridge regression over drug-disease pairs.

The similarity of two pairs is that of their drugs times that of their diseases (Stock et al. 2018,
doi:10.1162/neco_a_01096). With the eigenvectors of both kernels the fit is a product of matrices, and so are
the exact predictions without a pair's own treatment or without all of a disease's. The weight of each
similarity is learned so that their sum is closest to the similarity of the known treatments (kernel
alignment, Cortes et al. 2012, JMLR 13:795).

Of the diseases only those with a treatment are learned from: that a disease has none says that nobody has
looked, or that nothing is known, not that every drug fails. Any other disease is placed among them by its
similarity to each, when it is asked for.
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

__all__ = ["MAX_LEARNED", "STRENGTHS", "DiseaseKernel", "PairKernel", "PairRidge", "RidgeValues", "Spectrum"]

STRENGTHS = (0.3, 3.0, 30.0)
"""Strengths of the ridge, from the nearest pairs alone to broad neighbourhoods."""

_ONE_SIDED = 1.0  # strength of the ridge over drugs alone and over diseases alone
MAX_LEARNED = 2500
"""Drugs to learn from, unless more are known to treat something; the others are projected."""

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
class DiseaseKernel:
    """The kernel between the diseases that have a treatment.

    Attributes:
        weights: of each similarity between diseases.
        nodes: numbers of the diseases, ascending.
        table: their weighted mean similarity, 1 of a disease with itself: nodes x nodes.
    """

    weights: NDArray[np.float32]
    nodes: NDArray[np.int64]
    table: NDArray[np.float32]

    @classmethod
    def of(cls, similarities: Sequence[Similarity], treats: csr_array[Any]) -> DiseaseKernel:
        """Learns the kernel of the diseases that some drug treats (`treats`: drugs x diseases).

        Similarities have half their learned weight and half an equal share: there are too few diseases to
        learn from to rely on a single similarity.
        """
        transposed = treats.T.tocsr()
        equal = np.full(len(similarities), 1 / max(len(similarities), 1))
        weights = ((_alignment_weights(similarities, transposed) + equal) / 2).astype(np.float32)
        nodes = np.flatnonzero(np.diff(transposed.indptr))
        table = np.zeros((len(nodes), len(nodes)), np.float32)
        for similarity, weight in zip(similarities, weights, strict=True):
            table += weight * similarity.rows(nodes).columns(nodes)
        table = np.maximum(table, table.T)
        np.fill_diagonal(table, 1.0)
        return cls(weights, nodes, table)


@dataclass(frozen=True, slots=True)
class PairKernel:
    """The kernel over pairs: the product of the kernels of drugs and of diseases."""

    drugs: Spectrum
    diseases: DiseaseKernel

    @classmethod
    def of(
        cls, drugs: Sequence[Similarity], diseases: Sequence[Similarity], treats: csr_array[Any]
    ) -> PairKernel:
        """Learns the kernel from the known treatments.

        Args:
            drugs, diseases: their similarities.
            treats: the known treatments, drugs x diseases.
        """
        return cls(
            Spectrum.of(drugs, _alignment_weights(drugs, treats), np.diff(treats.indptr) > 0),
            DiseaseKernel.of(diseases, treats),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The kernel as arrays that `restored` reads."""
        return {
            "kernel/drugs/values": self.drugs.values,
            "kernel/drugs/coordinates": self.drugs.coordinates,
            "kernel/diseases/weights": self.diseases.weights,
            "kernel/diseases/nodes": self.diseases.nodes,
            "kernel/diseases/table": self.diseases.table,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> PairKernel:
        """Restores a kernel from the arrays of `arrays`."""
        return cls(
            Spectrum(arrays["kernel/drugs/values"], arrays["kernel/drugs/coordinates"]),
            DiseaseKernel(*(arrays[f"kernel/diseases/{part}"] for part in ("weights", "nodes", "table"))),
        )


@dataclass(frozen=True, slots=True)
class RidgeValues:
    """Predictions for all drugs and some diseases, each drugs x diseases.

    Attributes:
        over_drugs: from similar drugs, without the pair's own treatment.
        over_diseases: from similar diseases, by models that never saw the disease.
        own_hidden: over pairs, without the pair's own treatment; one table for each strength.
        unseen: over pairs, by models that never saw the disease; one table for each strength.
    """

    over_drugs: NDArray[np.float32]
    over_diseases: NDArray[np.float32]
    own_hidden: list[NDArray[np.float32]]
    unseen: list[NDArray[np.float32]]


class PairRidge:
    """Predicts pairs from the known treatments of similar drugs and diseases.

    Args:
        kernel: the similarity of pairs; of a graph with at least the same treated diseases.
        treats: the known treatments, drugs x diseases.

    Attributes:
        treated: numbers of the diseases learned from, ascending.
    """

    def __init__(self, kernel: PairKernel, treats: csr_array[Any]) -> None:
        from scipy.linalg import eigh

        self.treated = np.unique(treats.indices).astype(np.int64)
        self._drugs = kernel.drugs
        self._treats = treats
        positions = np.searchsorted(kernel.diseases.nodes, self.treated)
        self._values: NDArray[np.float32] = np.zeros(0, np.float32)
        self._vectors: NDArray[np.float32] = np.zeros((0, 0), np.float32)
        if len(self.treated):
            values, vectors = eigh(kernel.diseases.table[np.ix_(positions, positions)])
            large = values > _MIN_EIGENVALUE
            self._values = np.asarray(values[large], np.float32)
            self._vectors = np.asarray(vectors[:, large], np.float32, order="C")
        self._treatments = treats[:, self.treated]
        # Eigenvalues of drugs x treated diseases.
        self._drug_coordinates = np.asarray((self._treatments.T @ self._drugs.coordinates).T, np.float32)
        self._coefficients = self._drug_coordinates @ self._vectors
        product: NDArray[np.float32] = np.multiply.outer(self._drugs.values, self._values)
        self._shrinkage: list[NDArray[np.float32]] = [
            product / (product + np.float32(strength)) for strength in STRENGTHS
        ]

    def predict(self, diseases: NDArray[np.int64], similar: NDArray[np.float32]) -> RidgeValues:
        """Predictions for all drugs and some diseases.

        Args:
            diseases: numbers of the diseases.
            similar: their weighted mean similarity with the treated ones: treated x diseases.
        """
        known, columns, coordinates = self._coordinates(diseases, similar)
        rows, own_columns = self._treats[:, diseases].nonzero()
        own_hidden, unseen = [], []
        for shrinkage in self._shrinkage:
            predicted = np.asarray(
                self._drugs.coordinates @ ((self._coefficients * shrinkage) @ coordinates.T), np.float32
            )
            of_others = predicted.copy()
            if len(columns):
                # Leave-one-out: less the disease's own share in its prediction along each eigenvector of
                # drugs, as if the disease were none of those learned from.
                leverage = shrinkage @ np.square(coordinates[columns]).T
                mapped = (self._coefficients * shrinkage) @ coordinates[columns].T
                mapped = (mapped - leverage * self._drug_coordinates[:, known]) / (1 - leverage)
                of_others[:, columns] = self._drugs.coordinates @ mapped
                all_leverage = np.zeros((len(leverage), len(diseases)), np.float32)
                all_leverage[:, columns] = leverage
                own = (np.square(self._drugs.coordinates[rows]) * all_leverage[:, own_columns].T).sum(axis=1)
                predicted[rows, own_columns] -= own
            own_hidden.append(predicted)
            unseen.append(of_others)
        return RidgeValues(
            self._over_drugs(diseases), self._over_diseases(columns, coordinates, known), own_hidden, unseen
        )

    def weights_of(self, drug: int) -> NDArray[np.float32]:
        """The gain of a drug's prediction by a disease's similarity with each of `treated`, at mid strength.

        The sum of these weights times a disease's similarities is its value in `RidgeValues.unseen`, where
        the disease is none of `treated`.
        """
        mapped = self._drugs.coordinates[drug] @ (self._coefficients * self._shrinkage[len(STRENGTHS) // 2])
        return np.asarray((self._vectors / self._values) @ mapped, np.float32)

    def _coordinates(
        self, diseases: NDArray[np.int64], similar: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """The diseases along the eigenvectors, and which of them are learned from.

        Returns:
            Positions of those among `treated`; their indices in `diseases`; diseases x eigenvalues.
        """
        coordinates = np.asarray(similar.T @ (self._vectors / self._values), np.float32)
        if not len(self.treated):
            return np.zeros(0, np.int64), np.zeros(0, np.int64), coordinates
        positions = np.minimum(np.searchsorted(self.treated, diseases), len(self.treated) - 1)
        columns = np.flatnonzero(self.treated[positions] == diseases)
        coordinates[columns] = self._vectors[positions[columns]]
        return positions[columns], columns, coordinates

    def _over_drugs(self, diseases: NDArray[np.int64]) -> NDArray[np.float32]:
        shrinkage = self._drugs.values / (self._drugs.values + np.float32(_ONE_SIDED))
        treatments = self._treats[:, diseases]
        mapped = np.asarray((treatments.T @ self._drugs.coordinates).T, np.float32)
        predictions: NDArray[np.float32] = (self._drugs.coordinates * shrinkage) @ mapped
        rows, columns = treatments.nonzero()
        predictions[rows, columns] -= (np.square(self._drugs.coordinates[rows]) * shrinkage).sum(axis=1)
        return predictions

    def _over_diseases(
        self, columns: NDArray[np.int64], coordinates: NDArray[np.float32], known: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        shrinkage = self._values / (self._values + np.float32(_ONE_SIDED))
        weights: NDArray[np.float32] = (self._vectors * shrinkage) @ coordinates.T
        leverage = weights[known, columns]
        weights[known, columns] = 0.0
        weights[:, columns] /= 1 - leverage
        return np.asarray(self._treatments @ weights, np.float32)


def _learned_nodes(treated: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The nodes to learn from: all where they are few; else the treated ones and a random sample."""
    if len(treated) <= MAX_LEARNED:
        return np.arange(len(treated))
    treated_nodes, other_nodes = np.flatnonzero(treated), np.flatnonzero(~treated)
    size = min(max(MAX_LEARNED - len(treated_nodes), 0), len(other_nodes))
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
    columns = [similarity.rows(nodes).columns(nodes)[pairs] for similarity in similarities]
    design = np.column_stack([*columns, np.ones(len(pairs[0]))]).astype(np.float64)
    weights = nnls(design, cosines[pairs].astype(np.float64))[0][:-1]
    return weights / weights.sum() if weights.sum() > 0 else equal
