"""Predicts a drug's side effects from those of similar drugs.

The probability that a source lists an effect for a drug is the share of the drugs that cause it, weighted by
their similarity to the drug, and shrunk towards the share among all drugs: with weights w of the drugs
that have side effects listed, `(sum of w over those that cause it + PULL * share) / (sum of w + PULL)`.
The weight is the sum of similarities, each 0 to 1: the cosines of the targets, of the classes and of the
treated diseases that two drugs share, each weighted by its rarity (1 / the drugs that have it), and 1 where
the graph has the two as resembling each other. The drug's own side effects play no part, so that a drug
without any listed is predicted as well as one with. `kedrec evaluate side-effects` measures it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kedrec.ranking.adjacency import TREATS
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency, Incidence, Table

__all__ = ["CAUSES", "PSEUDO_COUNT", "TABLES", "EffectPrediction", "SimilarDrugs"]

_SCHEMA = load_schema()
CAUSES: Table = (_SCHEMA.joining("side effect", "Drug", "SideEffect")[0], "Drug", "SideEffect")
"""The table of the drugs' side effects, whatever relation states them."""

PSEUDO_COUNT = 2.0
"""Weight of the share among all drugs. Chosen on the pairs that `kedrec evaluate side-effects` measures,
where it matters little: from 0.25 to 4, AUPRC over all pairs rises from 0.415 to 0.436 on Hetionet, and by
drug falls from 0.494 to 0.493."""

_SHARED_TABLES: tuple[Table, ...] = (
    *((name, "Drug", "Gene") for name in _SCHEMA.joining("target", "Drug", "Gene")),
    *(
        (name, "Drug", "PharmacologicClass")
        for name in _SCHEMA.joining("class", "Drug", "PharmacologicClass")
    ),
    TREATS,
)
_RESEMBLANCE_TABLES: tuple[Table, ...] = tuple(
    (name, "Drug", "Drug") for name in _SCHEMA.joining("resemblance", "Drug", "Drug")
)
TABLES = (CAUSES, *_RESEMBLANCE_TABLES, *_SHARED_TABLES)
"""The tables of the graph that a prediction uses."""


@dataclass(frozen=True, slots=True)
class EffectPrediction:
    """Predicted side effects of a drug.

    Attributes:
        probability: probability of each side effect of the graph, 0 to 1.
        usual: its share among the drugs with side effects listed, 0 to 1.
        weights: similarity of each drug; 0 for those without side effects listed and for the drug itself.
    """

    probability: NDArray[np.float64]
    usual: NDArray[np.float64]
    weights: NDArray[np.float64]


class SimilarDrugs:
    """Similarities between the drugs of a graph, and side effects predicted from them."""

    def __init__(self, adjacency: Adjacency) -> None:
        self._drugs = len(adjacency.ids("Drug"))
        self._causes = adjacency.incidence(CAUSES) if adjacency.has_table(CAUSES) else None
        links_of_drugs = self._causes.degrees if self._causes is not None else 0
        self._owner = np.repeat(np.arange(self._drugs), links_of_drugs)  # of each link
        self._resemblances = [
            adjacency.incidence(table) for table in _RESEMBLANCE_TABLES if adjacency.has_table(table)
        ]
        self._shared: list[tuple[Incidence, NDArray[np.float64], NDArray[np.float64]]] = []
        for table in _SHARED_TABLES:
            if adjacency.has_table(table):
                links = adjacency.incidence(table)
                rarity = 1.0 / np.maximum(links.back_degrees, 1)
                owner = np.repeat(np.arange(self._drugs), links.degrees)
                norms = np.sqrt(np.bincount(owner, rarity[links.indices], minlength=self._drugs))
                self._shared.append((links, rarity, norms))

    @property
    def has_effects(self) -> NDArray[np.bool_]:
        """True for drugs that have side effects listed; of the others nothing is known."""
        if self._causes is None:
            return np.zeros(self._drugs, bool)
        return self._causes.degrees > 0

    def similarity(self, drug: int) -> NDArray[np.float64]:
        """The similarity of each drug to one drug, 0 to the number of `TABLES` but one; 0 to itself."""
        weights = np.zeros(self._drugs)
        for links, rarity, norms in self._shared:
            shared = np.zeros(self._drugs)
            for node in links.row(drug).tolist():
                owners = links.back_row(node)
                shared[owners] += rarity[node]
            weights += shared / np.maximum(norms * norms[drug], np.finfo(float).tiny)
        for links in self._resemblances:
            # symmetric relations are read from both ends, so that one row has all
            start, stop = links.indptr[drug : drug + 2].tolist()
            weights[links.indices[start:stop]] += 1.0
        weights[drug] = 0.0
        return weights

    def predict(self, drug: int, known: NDArray[np.bool_] | None = None) -> EffectPrediction:
        """The side effects that a drug may cause, known or not.

        Args:
            drug: its number.
            known: mask of the drugs whose side effects may be used; default: all that have any listed.
        """
        if self._causes is None:
            return EffectPrediction(np.zeros(0), np.zeros(0), np.zeros(self._drugs))
        causes, effects = self._causes, len(self._causes.back_degrees)
        known = (self.has_effects if known is None else known & self.has_effects).copy()
        known[drug] = False
        weights = np.where(known, self.similarity(drug), 0.0)
        usual = np.bincount(causes.indices[known[self._owner]], minlength=effects) / max(int(known.sum()), 1)
        weight_sums = np.zeros(effects)
        for similar_drug in np.flatnonzero(weights).tolist():
            start, stop = causes.indptr[similar_drug : similar_drug + 2].tolist()
            weight_sums[causes.indices[start:stop]] += weights[similar_drug]
        probability = (weight_sums + PSEUDO_COUNT * usual) / (weights.sum() + PSEUDO_COUNT)
        return EffectPrediction(probability, usual, weights)
