"""What drugs like this one treat, of diseases like this one: ridge regression with a kernel over pairs.

Two pairs are as similar as their drugs times their diseases (Kronecker kernel ridge regression, Stock et
al. 2018, doi:10.1162/neco_a_01096). With the eigenvectors of both kernels the fit is a product of matrices,
and so are the exact values without a pair's own treatment or without all of a disease's. How much each
similarity weighs is learned: by what weights the similarities come nearest to how alike the known treatments
are (kernel alignment, Cortes et al. 2012, JMLR 13:795).
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
"""Of the ridge: from the nearest pairs alone to broad neighbourhoods."""

_ONE_SIDED = 1.0  # the ridge's strength over drugs alone and over diseases alone
_LEARNED = 2500  # nodes of a kind that are learned from, unless more are treated: the rest is projected
_ALIGNED = 1000  # treated nodes whose similarities are looked at to weigh them
_LEAST = 1e-3  # eigenvalues under which a direction tells nothing
_SEED = 20250220


@dataclass(frozen=True, slots=True)
class Spectrum:
    """A kernel between the nodes of a kind.

    Attributes:
        values: its eigenvalues, positive.
        places: nodes x eigenvalues: each node along the eigenvectors; of nodes that were not learned from,
            their projection.
    """

    values: NDArray[np.float32]
    places: NDArray[np.float32]

    @classmethod
    def of(
        cls, similarities: Sequence[Similarity], weights: NDArray[np.float64], treated: NDArray[np.bool_]
    ) -> Spectrum:
        """The weighed mean of some similarities, 1 of a node with itself.

        Args:
            similarities: between all nodes.
            weights: one a similarity, not negative.
            treated: which nodes have a known treatment; they are always learned from.
        """
        from scipy.linalg import eigh

        learned = _learned(treated)
        table = np.zeros((len(treated), len(learned)), np.float32)
        for similarity, weight in zip(similarities, weights.tolist(), strict=True):
            if weight > 0:
                table += np.float32(weight) * similarity.among(learned)
        square = np.maximum(table[learned], table[learned].T)
        np.fill_diagonal(square, 1.0)
        values, vectors = eigh(square)
        kept = values > _LEAST
        places = np.asarray(table @ (vectors[:, kept] / values[kept]), np.float32)
        places[learned] = vectors[:, kept]
        return cls(values[kept].astype(np.float32), places)


@dataclass(frozen=True, slots=True)
class PairKernel:
    """The kernel over pairs: that of drugs times that of diseases."""

    drugs: Spectrum
    diseases: Spectrum

    @classmethod
    def of(
        cls, drugs: Sequence[Similarity], diseases: Sequence[Similarity], treats: csr_array[Any]
    ) -> PairKernel:
        """The kernel for what is known.

        Diseases' similarities have half their learned weight and half an equal share: there are too few
        diseases to learn from for a graph to rest on one of them.

        Args:
            drugs, diseases: their similarities.
            treats: the known treatments, drugs x diseases.
        """
        back = treats.T.tocsr()
        of_diseases = _aligned(diseases, back)
        even = np.full(len(diseases), 1 / max(len(diseases), 1))
        return cls(
            Spectrum.of(drugs, _aligned(drugs, treats), np.diff(treats.indptr) > 0),
            Spectrum.of(diseases, (of_diseases + even) / 2, np.diff(back.indptr) > 0),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The kernel as arrays that `restored` reads."""
        return {
            f"kernel/{kind}/{name}": getattr(getattr(self, kind), name)
            for kind in ("drugs", "diseases")
            for name in ("values", "places")
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, NDArray[Any]]) -> PairKernel:
        """The kernel from what `arrays` gave."""
        return cls(*(
            Spectrum(arrays[f"kernel/{kind}/values"], arrays[f"kernel/{kind}/places"])
            for kind in ("drugs", "diseases")
        ))  # fmt: skip


class PairRidge:
    """Every pair's value by the treatments of others.

    Args:
        kernel: how alike pairs are.
        treats: the treatments that may be known, drugs x diseases.
    """

    def __init__(self, kernel: PairKernel, treats: csr_array[Any]) -> None:
        self._drugs, self._diseases = kernel.drugs, kernel.diseases
        self._treats = treats
        self._along = np.asarray((treats.T @ self._drugs.places).T, np.float32)  # eigenvalues x diseases
        self._both = self._along @ self._diseases.places
        product: NDArray[np.float32] = np.multiply.outer(self._drugs.values, self._diseases.values)
        self._shrunk: list[NDArray[np.float32]] = [
            product / (product + np.float32(strength)) for strength in STRENGTHS
        ]

    def over_pairs(
        self, diseases: NDArray[np.int64]
    ) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """For each strength, every drug's values for some diseases: drugs x diseases, twice.

        The first is made without the pair's own treatment, the second without any of the disease's.
        """
        places = self._diseases.places[diseases]
        rows, columns = self._own(diseases)
        found = []
        for shrunk in self._shrunk:
            whole = np.asarray(self._drugs.places @ ((self._both * shrunk) @ places.T), np.float32)
            leverage = shrunk @ np.square(places).T  # of each direction of drugs on the disease's own
            of_own = self._drugs.places @ (leverage * self._along[:, diseases])
            others = np.asarray(whole - of_own, np.float32)
            told = (np.square(self._drugs.places[rows]) * leverage[:, columns].T).sum(axis=1)
            whole[rows, columns] -= told
            found.append((whole, others))
        return found

    def over_drugs(self, diseases: NDArray[np.int64]) -> NDArray[np.float32]:
        """What drugs like each treat, without the pair's own treatment: drugs x diseases."""
        shrunk = self._drugs.values / (self._drugs.values + np.float32(_ONE_SIDED))
        found: NDArray[np.float32] = (self._drugs.places * shrunk) @ self._along[:, diseases]
        rows, columns = self._own(diseases)
        found[rows, columns] -= (np.square(self._drugs.places[rows]) * shrunk).sum(axis=1)
        return found

    def over_diseases(self, diseases: NDArray[np.int64]) -> NDArray[np.float32]:
        """How diseases like each are treated, without its own treatments: drugs x diseases."""
        shrunk = self._diseases.values / (self._diseases.values + np.float32(_ONE_SIDED))
        near = (self._diseases.places * shrunk) @ self._diseases.places[diseases].T
        near[diseases, np.arange(len(diseases))] = 0.0
        return np.asarray(self._treats @ near, np.float32)

    def _own(self, diseases: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The treated pairs of some diseases: drugs, and places among these diseases."""
        rows, columns = self._treats[:, diseases].nonzero()
        return rows.astype(np.int64), columns.astype(np.int64)


def _learned(treated: NDArray[np.bool_]) -> NDArray[np.int64]:
    """All nodes where they are few; else the treated ones and some others, drawn."""
    if len(treated) <= _LEARNED:
        return np.arange(len(treated))
    of_treated, others = np.flatnonzero(treated), np.flatnonzero(~treated)
    size = min(max(_LEARNED - len(of_treated), 0), len(others))
    drawn = np.random.default_rng(_SEED).choice(others, size, replace=False)
    return np.sort(np.concatenate([of_treated, drawn]))


def _aligned(similarities: Sequence[Similarity], treats: csr_array[Any]) -> NDArray[np.float64]:
    """Weights that sum to one: by non-negative least squares on the cosines of what is known of the nodes."""
    from scipy.optimize import nnls

    even = np.full(len(similarities), 1 / max(len(similarities), 1))
    nodes = np.flatnonzero(np.diff(treats.indptr))
    if len(nodes) > _ALIGNED:
        nodes = np.sort(np.random.default_rng(_SEED).choice(nodes, _ALIGNED, replace=False))
    if len(nodes) < 2 or not similarities:
        return even
    known = treats[nodes]
    lengths = np.sqrt(np.diff(known.indptr))
    alike = (known @ known.T).toarray() / np.outer(lengths, lengths)
    pairs = np.triu_indices(len(nodes), 1)
    told = [similarity.among(nodes)[nodes][pairs] for similarity in similarities]
    design = np.column_stack([*told, np.ones(len(pairs[0]))]).astype(np.float64)
    weights = nnls(design, alike[pairs].astype(np.float64))[0][:-1]
    return weights / weights.sum() if weights.sum() > 0 else even
