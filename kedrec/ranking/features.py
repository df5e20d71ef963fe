"""Features of drug-disease pairs: degrees, path counts, and similarities of drugs and of diseases.

Every value of a pair is computed without the pair's own treatment and palliation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from kedrec.ranking.adjacency import TREATS
from kedrec.ranking.dwpc import PathCounter
from kedrec.ranking.kron_ridge import STRENGTHS, PairRidge
from kedrec.ranking.metapaths import CARE_RELATIONS, metapath_text
from kedrec.ranking.similarity import care_matrix
from kedrec.stores.templates import metapath_kinds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency
    from kedrec.ranking.metapaths import Metapath
    from kedrec.ranking.pair_similarity import PairSimilarity

__all__ = ["RIDGE_LABEL", "Feature", "FeatureMaker", "Group", "at_pairs", "features_of"]

RIDGE_LABEL = "all similarities"
"""Beginning of the label of a ridge's predictions."""
_DECIMALS = 6
"""Decimals of a similarity feature."""

Group = Literal["prior", "metapath", "similar drugs", "similar diseases"]


@dataclass(frozen=True, slots=True)
class Feature:
    """Description of one feature.

    Attributes:
        group: its type; `prior` is a degree.
        label: the metapath, as template heads write it, or what a similarity compares.
        of_disease: whether it uses treatments of the disease itself.
        of_drug: whether it uses treatments by the drug itself.
        relative: True for the z-scored copy of another feature (standardised over all drugs, per disease).
    """

    group: Group
    label: str
    of_disease: bool = False
    of_drug: bool = False
    relative: bool = False


class FeatureMaker:
    """Computes the features of all drugs and a block of diseases.

    Args:
        adjacency: the graph.
        metapaths: those to count.
        pair_similarity: similarities of drugs and of diseases, independent of hidden treatments.

    Attributes:
        features: the features, in order.
        drugs: number of drugs.
    """

    def __init__(
        self, adjacency: Adjacency, metapaths: Sequence[Metapath], pair_similarity: PairSimilarity
    ) -> None:
        self._counter = PathCounter(adjacency, metapaths)
        self._care = {relation: care_matrix(adjacency, relation) for relation in CARE_RELATIONS}
        self._treats = self._care[TREATS[0]]
        self._drugs, self._diseases = pair_similarity.drugs, pair_similarity.diseases
        self._nearest_drugs = pair_similarity.nearest_drugs
        self._ridge = PairRidge(pair_similarity.kernel, self._treats)
        treated = self._ridge.treated
        self._weights = pair_similarity.kernel.diseases.weights
        self._treated_rows = [similarity.rows(treated) for similarity in self._diseases]
        self._treatments = self._treats[:, treated]  # of the treated diseases alone
        self.drugs = self._treats.shape[0]
        self._metapath_count = len(metapaths)
        self.features = features_of(metapaths, pair_similarity)
        self._plain_count = sum(not feature.relative for feature in self.features)
        self._scaled = slice(_DEGREE_COUNT, self._plain_count - len(self._diseases))

    def block(self, diseases: NDArray[np.int64]) -> NDArray[np.float32]:
        """The features of all drugs for some diseases: features x drugs x diseases."""
        count = self._plain_count
        values = np.zeros((len(self.features), self._treats.shape[0], len(diseases)), np.float32)
        self._write_plain(diseases, values[:count])
        # One by one and in place: allocating memory costs more than the arithmetic.
        for plain, relative in zip(values[self._scaled], values[count:], strict=True):
            mean, spread = _mean_and_spread(plain)
            np.divide(np.subtract(plain, mean, out=relative), spread, out=relative)
        return values

    def pairs(
        self, diseases: NDArray[np.int64], drugs: NDArray[np.int64], columns: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """The features of some pairs, equal to those of `block`: pairs x features.

        Args:
            diseases: numbers of the diseases.
            drugs: the drug of each pair.
            columns: the disease of each pair, as an index into `diseases`.
        """
        values = np.zeros((self._plain_count, self._treats.shape[0], len(diseases)), np.float32)
        self._write_plain(diseases, values)
        plain = values[:, drugs, columns]
        return np.concatenate([plain, at_pairs(values[self._scaled], drugs, columns)[1]]).T

    def ridge_values_of(self, drug: int) -> NDArray[np.float32]:
        """A drug's prediction by the ridge over pairs for every disease without a treatment: one a disease.

        Those of diseases with one mean nothing: they are learned from.
        """
        of_treated = self._ridge.weights_of(drug)
        values = np.zeros(self._treats.shape[1], np.float32)
        for weight, similarity, rows in zip(self._weights, self._diseases, self._treated_rows, strict=True):
            values += weight * (similarity.right @ (rows.left.T @ of_treated))
        return values

    def _write_plain(self, diseases: NDArray[np.int64], out: NDArray[np.float32]) -> None:
        """Writes all but the relative features into zeros: features x drugs x diseases."""
        out[:_DEGREE_COUNT] = self._degrees(diseases)
        counts = out[_DEGREE_COUNT : _DEGREE_COUNT + self._metapath_count]
        self._counter.counts(diseases, counts)
        np.sqrt(counts, out=counts)
        # For these diseases alone: for all of a wide graph it would be gigabytes for each similarity.
        similar = [rows.columns(diseases) for rows in self._treated_rows]
        self._write_similar(diseases, similar, out[_DEGREE_COUNT + self._metapath_count :])

    def _write_similar(
        self, diseases: NDArray[np.int64], similar: list[NDArray[np.float32]], out: NDArray[np.float32]
    ) -> None:
        """Writes the features of `_similar_features` and `_closeness_features`.

        Args:
            diseases: numbers of the diseases.
            similar: their similarities with the treated ones: treated x diseases, one for each similarity.
            out: features x drugs x diseases.
        """
        weighted = np.zeros((len(self._ridge.treated), len(diseases)), np.float32)
        for weight, table in zip(self._weights, similar, strict=True):
            weighted += weight * table
        ridge = self._ridge.predict(diseases, weighted)
        mean = np.zeros_like(weighted)
        for table in similar:
            mean += table / len(similar)
        values = (
            *self._drug_similarity_values(diseases, mean),
            *self._disease_similarity_values(similar),
            ridge.over_drugs,
            ridge.over_diseases,
            *(table for both in zip(ridge.own_hidden, ridge.unseen, strict=True) for table in both),
            *(table.max(axis=0, initial=0.0)[None, :] for table in similar),
        )
        for target, table in zip(out, values, strict=True):
            # A product over many diseases and one over a single disease differ in their last digits, and a
            # tree may part 0 from -3e-8.
            target[:] = np.round(table, _DECIMALS)

    def _degrees(self, diseases: NDArray[np.int64]) -> NDArray[np.float32]:
        """Log of one plus each degree of `_degree_features`, without the pair's own care."""
        values = []
        for relation in CARE_RELATIONS:
            links = self._care[relation]
            own = links[:, diseases].toarray()
            values.append(np.log1p(np.asarray(links.sum(axis=1)).reshape(-1, 1) - own))
        links = self._treats
        own = links[:, diseases].toarray()
        values.append(np.log1p(np.asarray(links.sum(axis=0)).ravel()[diseases][None, :] - own))
        return np.stack(values).astype(np.float32)

    def _drug_similarity_values(
        self, diseases: NDArray[np.int64], similar: NDArray[np.float32]
    ) -> list[NDArray[np.float32]]:
        """Treatments by similar drugs: summed, of the most similar drug, and of similar diseases."""
        treatments = self._treats[:, diseases].toarray()
        treated_similar = np.asarray(self._treatments @ similar, np.float32)
        treating_drugs = [np.flatnonzero(column) for column in treatments.T]
        values = []
        for similarity in self._drugs:
            nearest = np.zeros((self.drugs, len(diseases)), np.float32)
            for column, drugs in enumerate(treating_drugs):
                if len(drugs):
                    nearest[:, column] = similarity.columns(drugs).max(axis=1)
            values += [
                similarity.weighted_sums(treatments),
                nearest,
                similarity.weighted_sums(treated_similar),
            ]
        return values

    def _disease_similarity_values(self, similar: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        """Treatments of similar diseases: of all, the ten nearest, the nearest, and by similar drugs."""
        drug_starts = np.flatnonzero(np.diff(self._treatments.indptr))
        values = []
        for table in similar:
            nearest = np.zeros((self.drugs, table.shape[1]), np.float32)
            if len(drug_starts):
                nearest[drug_starts] = np.maximum.reduceat(
                    table[self._treatments.indices],
                    self._treatments.indptr[drug_starts].astype(np.int64),
                    axis=0,
                )
            of_nearest = np.asarray(self._treatments @ _largest(table, _NEAREST), np.float32)
            values += [
                np.asarray(self._treatments @ table, np.float32),
                of_nearest,
                nearest,
                np.asarray(self._nearest_drugs @ of_nearest, np.float32),
            ]
        return values


def _largest(table: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """The table with all but the largest values of each column zero; equal ones at the limit stay."""
    if len(table) <= count:
        return table
    limits = np.partition(table, -count, axis=0)[-count]
    return np.where(table >= limits, table, np.float32(0))


def at_pairs(
    table: NDArray[np.float32], drugs: NDArray[np.int64], columns: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Values of some pairs, plain and relative: features x pairs, twice.

    Args:
        table: the values of all drugs for some diseases: features x drugs x diseases.
        drugs: the drug of each pair.
        columns: the disease of each pair, as an index into the diseases.
    """
    plain, relative = np.empty((2, len(table), len(drugs)), np.float32)
    for index, values in enumerate(table):
        mean, spread = _mean_and_spread(values)
        plain[index] = values[drugs, columns]
        relative[index] = (plain[index] - mean[columns]) / spread[columns]
    return plain, relative


def _mean_and_spread(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and standard deviation over the drugs, of each disease; the latter at least 1e-6."""
    return values.mean(axis=0), np.maximum(values.std(axis=0), np.float32(1e-6))


_DEGREE_COUNT = 3  # features of `_degree_features`
_NEAREST = 10  # treated diseases that are near


def features_of(metapaths: Sequence[Metapath], pair_similarity: PairSimilarity) -> tuple[Feature, ...]:
    """The features of a pair in order: degrees, path counts, similarities, and the relative ones."""
    scaled = [*(_path_feature(path) for path in metapaths), *_similar_features(pair_similarity)]
    relative = [
        Feature(feature.group, feature.label, feature.of_disease, feature.of_drug, relative=True)
        for feature in scaled
    ]
    return (*_degree_features(), *scaled, *_closeness_features(pair_similarity), *relative)


def _degree_features() -> list[Feature]:
    return [
        Feature("prior", "diseases the drug treats", of_drug=True),
        Feature("prior", "diseases the drug relieves", of_drug=True),
        Feature("prior", "drugs that treat the disease", of_disease=True),
    ]


def _similar_features(pair_similarity: PairSimilarity) -> list[Feature]:
    drugs = [
        Feature(
            "similar drugs", f"{similarity.name}, {aggregate}", of_disease=aggregate != "of similar diseases"
        )
        for similarity in pair_similarity.drugs
        for aggregate in ("summed", "nearest", "of similar diseases")
    ]
    diseases = [
        Feature(
            "similar diseases", f"{similarity.name}, {aggregate}", of_drug=aggregate != "of similar drugs"
        )
        for similarity in pair_similarity.diseases
        for aggregate in ("summed", "ten nearest", "nearest", "of similar drugs")
    ]
    ridge = [
        Feature("similar drugs", f"{RIDGE_LABEL}, over drugs", of_disease=True),
        Feature("similar diseases", f"{RIDGE_LABEL}, over diseases", of_drug=True),
    ]
    for strength in STRENGTHS:
        name = f"{RIDGE_LABEL}, over pairs, strength {strength:g}"
        ridge += [
            Feature("similar drugs", name, of_disease=True, of_drug=True),
            Feature("similar diseases", f"{name}, of other diseases", of_drug=True),
        ]
    return drugs + diseases + ridge


def _closeness_features(pair_similarity: PairSimilarity) -> list[Feature]:
    """The similarity of the most similar treated disease: the same for all drugs of a disease."""
    return [
        Feature("similar diseases", f"{similarity.name}, closest treated disease")
        for similarity in pair_similarity.diseases
    ]


def _path_feature(path: Metapath) -> Feature:
    """The path count of a metapath; its ends may follow treatments of the pair's own drug and disease."""
    first, last, last_kind = path[0], path[-1], metapath_kinds(path)[-2]
    return Feature(
        "metapath",
        metapath_text(path),
        of_disease=last.relation in CARE_RELATIONS and last.forward and last_kind == "Drug",
        of_drug=first.relation in CARE_RELATIONS and first.forward and first.kind == "Disease",
    )
