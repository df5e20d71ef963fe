"""What a score is made of: degrees, path counts, and how alike drugs and diseases are, pair by pair.

Every value of a pair is made without the pair's own treatment and palliation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from kedrec.ranking.dwpc import PathCounter
from kedrec.ranking.kron_ridge import STRENGTHS, PairRidge
from kedrec.ranking.metapaths import CARE, kinds_along, written
from kedrec.ranking.similarity import care_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency
    from kedrec.ranking.metapaths import Metapath
    from kedrec.ranking.similarity import Alike

__all__ = ["Feature", "FeatureMaker", "Group", "at_pairs", "features_of"]

Group = Literal["prior", "metapath", "similar drugs", "similar diseases"]


@dataclass(frozen=True, slots=True)
class Feature:
    """One value of every pair.

    Attributes:
        group: what kind it is; `prior` is what the degrees alone tell.
        label: the metapath, as template heads write it, or what a similarity compares.
        of_disease: whether it is made from how the disease itself is treated.
        of_drug: whether it is made from what the drug itself treats.
        relative: whether it is another feature, in standard deviations over the drugs of a disease.
    """

    group: Group
    label: str
    of_disease: bool = False
    of_drug: bool = False
    relative: bool = False


class FeatureMaker:
    """Makes the features of all drugs and a block of diseases.

    Args:
        adjacency: the graph.
        metapaths: those to count.
        alike: how alike drugs and diseases are; the same whatever treatments are hidden.

    Attributes:
        features: what each value is, in order.
        drugs: how many there are.
    """

    def __init__(self, adjacency: Adjacency, metapaths: Sequence[Metapath], alike: Alike) -> None:
        self._counter = PathCounter(adjacency, metapaths)
        self._care = {relation: care_matrix(adjacency, relation) for relation in CARE}
        self._treats = self._care["TREATS"]
        self._drugs, self._diseases = alike.drugs, alike.diseases
        self._ridge = PairRidge(alike.kernel, self._treats)
        self.drugs = self._treats.shape[0]
        self._counted = len(metapaths)
        self.features = features_of(metapaths, alike)
        self._plain = sum(not one.relative for one in self.features)

    def block(self, diseases: NDArray[np.int64]) -> NDArray[np.float32]:
        """The features of all drugs for some diseases: features x drugs x diseases."""
        plain = self._plain
        made = np.zeros((len(self.features), self._treats.shape[0], len(diseases)), np.float32)
        self._tell(diseases, made[:plain])
        # One by one and in place: memory that is asked for anew costs more than the sums do.
        for told, relative in zip(made[_DEGREES:plain], made[plain:], strict=True):
            mean, spread = _mean_and_spread(told)
            np.divide(np.subtract(told, mean, out=relative), spread, out=relative)
        return made

    def pairs(
        self, diseases: NDArray[np.int64], drugs: NDArray[np.int64], places: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """The features of some pairs, as `block` makes them: pairs x features.

        Args:
            diseases: their numbers.
            drugs: the drug of each pair.
            places: the disease of each pair, by its place in `diseases`.
        """
        made = np.zeros((self._plain, self._treats.shape[0], len(diseases)), np.float32)
        self._tell(diseases, made)
        degrees = made[:_DEGREES, drugs, places]
        return np.concatenate([degrees, *at_pairs(made[_DEGREES:], drugs, places)]).T

    def _tell(self, diseases: NDArray[np.int64], out: NDArray[np.float32]) -> None:
        """Writes all but the relative features into zeros: features x drugs x diseases."""
        out[:_DEGREES] = self._degrees(diseases)
        counts = out[_DEGREES : _DEGREES + self._counted]
        self._counter.counts(diseases, counts)
        np.sqrt(counts, out=counts)
        similar = (*self._by_drugs(diseases), *self._by_diseases(diseases), *self._by_pairs(diseases))
        for place, values in zip(out[_DEGREES + self._counted :], similar, strict=True):
            place[:] = values

    def _degrees(self, diseases: NDArray[np.int64]) -> NDArray[np.float32]:
        """Logarithms of how often the drug treats and relieves, and the disease is treated; own ones not."""
        values = []
        for relation in CARE:
            links = self._care[relation]
            own = links[:, diseases].toarray()
            values.append(np.log1p(np.asarray(links.sum(axis=1)).reshape(-1, 1) - own))
        links = self._treats
        own = links[:, diseases].toarray()
        values.append(np.log1p(np.asarray(links.sum(axis=0)).ravel()[diseases][None, :] - own))
        return np.stack(values).astype(np.float32)

    def _by_drugs(self, diseases: NDArray[np.int64]) -> list[NDArray[np.float32]]:
        """What drugs like each treat: summed, of the most similar, and for diseases like each."""
        # Of these diseases alone: of all of a wide graph it would be a table of gigabytes a similarity.
        known = self._treats[:, diseases].toarray()
        treated_near = np.asarray(self._treats @ self._mean_near(diseases), np.float32)
        treating = [np.flatnonzero(column) for column in known.T]
        found = []
        for similarity in self._drugs:
            nearest = np.zeros((self._treats.shape[0], len(diseases)), np.float32)
            for column, drugs in enumerate(treating):
                if len(drugs):
                    nearest[:, column] = similarity.among(drugs).max(axis=1)
            found += [similarity.times(known), nearest, similarity.times(treated_near)]
        return found

    def _by_diseases(self, diseases: NDArray[np.int64]) -> list[NDArray[np.float32]]:
        """How diseases like each are treated: summed, of the most similar, and by drugs like each."""
        begins = np.flatnonzero(np.diff(self._treats.indptr))
        found = []
        for similarity in self._diseases:
            near = similarity.among(diseases)
            nearest = np.zeros((self._treats.shape[0], len(diseases)), np.float32)
            if len(begins):
                nearest[begins] = np.maximum.reduceat(
                    near[self._treats.indices], self._treats.indptr[begins].astype(np.int64), axis=0
                )
            treated_near = np.asarray(self._treats @ near, np.float32)
            alike = [drugs.times(treated_near) for drugs in self._drugs]
            both = sum(alike, np.zeros_like(treated_near)) / np.float32(max(len(alike), 1))
            found += [treated_near, nearest, both]
        return found

    def _by_pairs(self, diseases: NDArray[np.int64]) -> list[NDArray[np.float32]]:
        """What all of it says at once: drugs like each, diseases like each, and pairs of both."""
        ridge = self._ridge
        pairs = [values for both in ridge.over_pairs(diseases) for values in both]
        return [ridge.over_drugs(diseases), ridge.over_diseases(diseases), *pairs]

    def _mean_near(self, diseases: NDArray[np.int64]) -> NDArray[np.float32]:
        near = np.zeros((self._treats.shape[1], len(diseases)), np.float32)
        for similarity in self._diseases:
            near += similarity.among(diseases) / len(self._diseases)
        return near


def at_pairs(
    told: NDArray[np.float32], drugs: NDArray[np.int64], places: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Some pairs' values, as they are and relative: features x pairs, twice.

    Args:
        told: the values of all drugs for some diseases: features x drugs x diseases.
        drugs: the drug of each pair.
        places: the disease of each pair, by its place among the diseases.
    """
    plain, relative = np.empty((2, len(told), len(drugs)), np.float32)
    for place, values in enumerate(told):
        mean, spread = _mean_and_spread(values)
        plain[place] = values[drugs, places]
        relative[place] = (plain[place] - mean[places]) / spread[places]
    return plain, relative


def _mean_and_spread(told: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and standard deviation over the drugs, of each disease; where there is none nearly zero."""
    return told.mean(axis=0), np.maximum(told.std(axis=0), np.float32(1e-6))


_DEGREES = 3  # features


def features_of(metapaths: Sequence[Metapath], alike: Alike) -> tuple[Feature, ...]:
    """What each value of a pair is, in order: degrees, path counts, similarities, and the relative ones."""
    told = [*(_path_feature(path) for path in metapaths), *_similar_features(alike)]
    relative = [Feature(one.group, one.label, one.of_disease, one.of_drug, relative=True) for one in told]
    return (*_degree_features(), *told, *relative)


def _degree_features() -> list[Feature]:
    return [
        Feature("prior", "diseases the drug treats", of_drug=True),
        Feature("prior", "diseases the drug relieves", of_drug=True),
        Feature("prior", "drugs that treat the disease", of_disease=True),
    ]


def _similar_features(alike: Alike) -> list[Feature]:
    drugs = [
        Feature("similar drugs", f"{one.name}, {how}", of_disease=how != "of similar diseases")
        for one in alike.drugs
        for how in ("summed", "nearest", "of similar diseases")
    ]
    diseases = [
        Feature("similar diseases", f"{one.name}, {how}", of_drug=how != "of similar drugs")
        for one in alike.diseases
        for how in ("summed", "nearest", "of similar drugs")
    ]
    ridge = [
        Feature("similar drugs", "all similarities, over drugs", of_disease=True),
        Feature("similar diseases", "all similarities, over diseases", of_drug=True),
    ]
    for strength in STRENGTHS:
        name = f"all similarities, over pairs, strength {strength:g}"
        ridge += [
            Feature("similar drugs", name, of_disease=True, of_drug=True),
            Feature("similar diseases", f"{name}, of other diseases", of_drug=True),
        ]
    return drugs + diseases + ridge


def _path_feature(path: Metapath) -> Feature:
    first, last, before = path[0], path[-1], kinds_along(path)[-2]
    return Feature(
        "metapath",
        written(path),
        of_disease=last.relation in CARE and last.forward and before == "Drug",
        of_drug=first.relation in CARE and first.forward and first.kind == "Disease",
    )
