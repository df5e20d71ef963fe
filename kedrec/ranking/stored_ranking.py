"""Stores a fitted ranking as arrays, reads scores from them, and scores the diseases that aren't stored.

Models and features are restored only when needed: for a disease that isn't stored, or for parts that aren't.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.common.cpus import single_threaded_algebra
from kedrec.ranking.adjacency import PLAIN, TREATS
from kedrec.ranking.calibration import Scale, percentiles_among, sigmoid
from kedrec.ranking.metapaths import schema_tables
from kedrec.stores.templates import Hop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from kedrec.common.array_file import Arrays
    from kedrec.common.progress import Progress
    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.ranking.decomposition import Part, Parts
    from kedrec.ranking.ensemble import Member
    from kedrec.ranking.features import FeatureMaker
    from kedrec.ranking.fit import FittedRanking
    from kedrec.ranking.folds import Regime
    from kedrec.ranking.scoring import DiseaseScorer, DiseaseScores

__all__ = ["SEED", "PairScores", "StoredRanking", "fit_to_arrays", "linked_tables"]

SEED = 20250220
_MAX_SCORED = 64  # diseases scored on demand whose scores stay in memory: 13 bytes a drug


@dataclass(frozen=True, slots=True)
class PairScores:
    """The values of some pairs, one per pair in each array; see `PairScore`."""

    drugs: NDArray[np.int64]
    diseases: NDArray[np.int64]
    scores: NDArray[np.float32]
    probabilities: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    priors: NDArray[np.float32]
    drug_percentiles: NDArray[np.float32]
    disease_percentiles: NDArray[np.float32]
    unseen: NDArray[np.bool_]
    informed: NDArray[np.bool_]


def linked_tables(adjacency: Adjacency) -> list[Table]:
    """The tables with links that some source states beyond a curated mechanism."""
    return [
        table
        for table in schema_tables()
        if adjacency.has_table(table) and len(adjacency.incidence(table, PLAIN).indices)
    ]


def fit_to_arrays(
    adjacency: Adjacency, *, learn: bool = True, threads: int = 1, progress: Progress | None = None
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Fits a ranking and returns its arrays and facts, as `StoredRanking` reads them.

    Raises:
        KedrecError: the graph is too wide for this machine's memory.
    """
    from kedrec.ranking.memory import check_memory

    check_memory(adjacency, linked_tables(adjacency), threads)
    with single_threaded_algebra():
        return _fit_single_threaded(adjacency, learn=learn, threads=threads, progress=progress)


def _fit_single_threaded(
    adjacency: Adjacency, *, learn: bool, threads: int, progress: Progress | None
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    from kedrec.ranking.calibration import DegreeLine, percentiles
    from kedrec.ranking.decomposition import parts_of
    from kedrec.ranking.fit import TOP, fit
    from kedrec.ranking.sampling import pair_features

    tables = linked_tables(adjacency)
    fitted = fit(
        adjacency, tables, seed=SEED, threads=threads, learn_from_treatments=learn, progress=progress
    )
    parts = parts_of(fitted.maker.features)
    scores = fitted.stored.scores
    means = scores.mean(axis=0) if len(scores) else np.zeros(scores.shape[1])
    arrays: dict[str, NDArray[Any]] = {
        "ranking/diseases": fitted.diseases,
        "ranking/scores": scores,
        "ranking/priors": fitted.stored.priors,
        "ranking/informed": np.packbits(fitted.stored.informed, axis=1),
        "ranking/drug_percentiles": percentiles(means),
        "ranking/disease_means": scores.mean(axis=1),
        **fitted.pair_similarity.arrays(),
    }
    models: dict[str, list[list[dict[str, Any]]]] = {}
    for regime, folds in fitted.members.items():
        models[regime] = []
        for fold, members in enumerate(folds):
            models[regime].append([])
            for index, member in enumerate(members):
                facts = member.facts()
                if "text" in facts:
                    text = facts.pop("text").encode()
                    arrays[f"models/{regime}/{fold}/{index}"] = np.frombuffer(text, np.uint8)
                models[regime][fold].append(facts)
    facts = {
        "models": models,
        "scales": {regime: asdict(scale) for regime, scale in fitted.scales.items()},
        "paths": [[(hop.relation, hop.forward, hop.kind) for hop in path] for path in fitted.paths],
        "labels": [(part.group, part.label) for part in parts],
        "treated": fitted.treated,
        "prior": None if fitted.prior is None else fitted.prior.tolist(),
        "degree_line": asdict(DegreeLine.of(means, _drug_degrees(adjacency))),
    }
    top_size = min(TOP, scores.shape[1])
    top = np.argsort(-scores, axis=1, kind="stable")[:, :top_size].astype(np.int32)
    pairs = top.ravel().astype(np.int64), np.repeat(fitted.diseases, top_size)
    explain_progress = None if progress is None else partial(progress, "Explaining the best")
    rows = pair_features(fitted.maker, *pairs, threads, explain_progress)
    top_parts = StoredRanking(adjacency, arrays, facts, fitted, threads=threads).decompose_pairs(*pairs, rows)
    arrays |= {
        "top/drugs": top,
        "top/contributions": top_parts.contributions.reshape(*top.shape, -1),
        "top/values": top_parts.values.reshape(*top.shape, -1),
        "top/base": top_parts.base.reshape(top.shape),
    }
    return arrays, facts


def _drug_degrees(adjacency: Adjacency) -> NDArray[np.int64]:
    """The number of diseases that each drug treats."""
    if not adjacency.has_table(TREATS):
        return np.zeros(len(adjacency.ids("Drug")), np.int64)
    return adjacency.incidence(TREATS).degrees


class StoredRanking:
    """A fitted ranking over its arrays and facts.

    Args:
        adjacency: the graph.
        arrays, facts: as `fit_to_arrays` returns them.
        fitted: models and features of a ranking that has just been fitted; None: they are restored.
        threads: maximum number of models that explain scores at once.
    """

    def __init__(
        self,
        adjacency: Adjacency,
        arrays: Arrays,
        facts: Mapping[str, Any],
        fitted: FittedRanking | None = None,
        *,
        threads: int = 1,
    ) -> None:
        self._adjacency = adjacency
        self._arrays = arrays
        self._facts = facts
        self._members_by_regime: dict[Regime, list[list[Member]]] = {}
        self._threads = threads
        self._maker: FeatureMaker | None = None
        self._scored: OrderedDict[int, DiseaseScores] = OrderedDict()
        self._last_features: tuple[int, NDArray[np.float32]] | None = None
        if fitted is not None:
            self._maker = fitted.maker
            for regime, folds in fitted.members.items():
                self._members_by_regime[regime] = folds
        self.labels: list[tuple[Any, str]] = [(group, label) for group, label in facts["labels"]]
        self.scales: dict[Regime, Scale] = {
            regime: Scale.of(scale) for regime, scale in facts["scales"].items()
        }

    def above_degree_line(self, pairs: PairScores) -> NDArray[np.float64]:
        """The scores of some pairs above most of the mean of drugs that treat as many other diseases."""
        from kedrec.ranking.calibration import DegreeLine
        from kedrec.ranking.sampling import known_treatments

        diseases, columns = np.unique(pairs.diseases, return_inverse=True)
        treatments = known_treatments(self._adjacency, diseases)
        degrees = _drug_degrees(self._adjacency)[pairs.drugs] - treatments[pairs.drugs, columns]
        return DegreeLine(**self._facts["degree_line"]).subtract_expected(pairs.scores, degrees)

    def is_stored(self, disease: int) -> bool:
        """True if the scores of a disease are stored; otherwise they are computed when asked for."""
        return self._row(disease) is not None

    @property
    def stored_diseases(self) -> NDArray[np.int64]:
        """Numbers of the stored diseases, ascending."""
        return self._arrays["ranking/diseases"]

    def pair_scores(self, drugs: NDArray[np.int64], diseases: NDArray[np.int64]) -> PairScores:
        """The values of some pairs, by the numbers of their drugs and diseases."""
        size = len(drugs)
        scores, priors, means = np.zeros((3, size), np.float32)
        informed = np.zeros(size, bool)
        rows = np.minimum(np.searchsorted(self.stored_diseases, diseases), len(self.stored_diseases) - 1)
        stored = self.stored_diseases[rows] == diseases
        at = rows[stored], drugs[stored]
        scores[stored] = self._arrays["ranking/scores"][at]
        priors[stored] = self._arrays["ranking/priors"][at]
        means[stored] = self._arrays["ranking/disease_means"][at[0]]
        informed_bytes = self._arrays["ranking/informed"][at[0], at[1] // 8]
        informed[stored] = (informed_bytes >> (7 - at[1] % 8)) & 1 > 0
        for disease in np.unique(diseases[~stored]).tolist():
            selected = diseases == disease
            scored = self._scored_disease(disease)
            scores[selected] = scored.scores[0, drugs[selected]]
            priors[selected] = scored.priors[0, drugs[selected]]
            informed[selected] = scored.informed[0, drugs[selected]]
            means[selected] = scored.scores.mean()
        by_unseen = self._uses_unseen[diseases]
        low, high = np.zeros(size), np.zeros(size)
        for regime, scale in self.scales.items():
            selected = by_unseen == (regime == "unseen")
            if scale.reliability is not None:
                low[selected], high[selected] = scale.reliability.interval(scores[selected])
        return PairScores(
            drugs=drugs,
            diseases=diseases,
            scores=scores,
            probabilities=sigmoid(scores),
            low=low,
            high=high,
            priors=priors,
            drug_percentiles=self._arrays["ranking/drug_percentiles"][drugs],
            disease_percentiles=percentiles_among(self._ordered_means, means, stored),
            unseen=self._unseen[diseases],
            informed=informed,
        )

    def likeliest_diseases(self, drug: int, count: int) -> NDArray[np.int64]:
        """Numbers of the diseases that aren't stored and are most like what a drug and its like treat.

        Told by the ridge over pairs, without the models: a drug's values for all diseases are a product of
        sparse matrices, where its scores would take the features of all drugs for each of them.
        """
        others = np.setdiff1d(np.arange(len(self._unseen)), self.stored_diseases)
        if not len(others):
            return others
        values = self._feature_maker().ridge_values_of(drug)[others]
        best = np.argsort(-values, kind="stable")[:count]
        return np.sort(others[best])

    def parts(self, drug: int, disease: int) -> tuple[float, NDArray[np.float32], NDArray[np.float32]]:
        """Base, contributions and values of one pair's parts: read where stored, otherwise computed."""
        row = self._row(disease)
        positions = np.zeros(0) if row is None else np.flatnonzero(self._arrays["top/drugs"][row] == drug)
        if len(positions):
            index = (row, int(positions[0]))
            return (
                float(self._arrays["top/base"][index]),
                self._arrays["top/contributions"][index],
                self._arrays["top/values"][index],
            )
        diseases = np.array([disease])
        parts = self.decompose_pairs(np.array([drug]), diseases, self._features(disease)[[drug]])
        return float(parts.base[0]), parts.contributions[0], parts.values[0]

    def decompose_pairs(
        self, drugs: NDArray[np.int64], diseases: NDArray[np.int64], rows: NDArray[np.float32]
    ) -> Parts:
        """Decomposes scores of pairs by their features, with the models that have not seen the label."""
        from kedrec.ranking.decomposition import Parts, decompose
        from kedrec.ranking.ensemble import run_in_threads
        from kedrec.ranking.folds import fold_of

        shape = (len(rows), len(self._part_list))
        parts = Parts(np.zeros(len(rows)), np.zeros(shape, np.float32), np.zeros(shape, np.float32))
        by_unseen = self._uses_unseen[diseases]

        def write(models: list[Member], scale: Scale, selected: NDArray[np.int64]) -> None:
            part_values = decompose(rows[selected], models, scale, self._part_list)
            parts.base[selected] = part_values.base
            parts.contributions[selected] = part_values.contributions
            parts.values[selected] = part_values.values

        calls = []
        for regime, folds in self._facts["models"].items():
            in_regime = by_unseen == (regime == "unseen") if self.scales else np.ones(len(rows), bool)
            scale = self.scales.get(regime, Scale.identity())
            folds_of_pairs = fold_of(regime, drugs, diseases, SEED) % len(folds)
            for fold in np.unique(folds_of_pairs[in_regime]).tolist():
                selected = np.flatnonzero(in_regime & (folds_of_pairs == fold))
                calls.append(partial(write, self._models(regime)[fold], scale, selected))
        run_in_threads(calls, self._threads)
        return parts

    @cached_property
    def _unseen(self) -> NDArray[np.bool_]:
        """Mask of the diseases without a known treatment: one value per disease."""
        from kedrec.ranking.sampling import untreated_diseases

        return untreated_diseases(self._adjacency)

    @cached_property
    def _uses_unseen(self) -> NDArray[np.bool_]:
        """Mask of the diseases that are scored by the regime `unseen`: one value per disease.

        All of them where too few have two treatments, so that the regime `treated` has no models.
        """
        return self._unseen if "treated" in self._facts["models"] else np.ones_like(self._unseen)

    @cached_property
    def _part_list(self) -> list[Part]:
        from kedrec.ranking.decomposition import parts_of

        return parts_of(self._feature_maker().features)

    @cached_property
    def _ordered_means(self) -> NDArray[np.float32]:
        """The mean score of each stored disease, ascending."""
        return np.sort(self._arrays["ranking/disease_means"])

    def _row(self, disease: int) -> int | None:
        """The row of a stored disease; None if it isn't stored."""
        row = int(np.searchsorted(self.stored_diseases, disease))
        return row if row < len(self.stored_diseases) and self.stored_diseases[row] == disease else None

    def _scored_disease(self, disease: int) -> DiseaseScores:
        """The scores of a disease that isn't stored, computed when first asked for."""
        scored = self._scored.pop(disease, None)
        if scored is None:
            from kedrec.ranking.scoring import calibrated

            diseases, table = np.array([disease]), self._features(disease)[None]
            with single_threaded_algebra():
                raw = self._scorer.raw(diseases, ("unseen",), [(diseases, table)])
                scored = calibrated(raw, "unseen", self.scales, self._prior)
            while len(self._scored) >= _MAX_SCORED:
                self._scored.popitem(last=False)  # the least recently used
        self._scored[disease] = scored
        return scored

    @property
    def _scorer(self) -> DiseaseScorer:
        from kedrec.ranking.scoring import DiseaseScorer

        return DiseaseScorer(self._feature_maker(), self._models, SEED, self._threads)

    @cached_property
    def _prior(self) -> NDArray[np.float64] | None:
        weights = self._facts["prior"]
        return None if weights is None else np.array(weights)

    def _features(self, disease: int) -> NDArray[np.float32]:
        """The features of all drugs for a disease, those of the last one held: drugs x features."""
        if self._last_features is None or self._last_features[0] != disease:
            with single_threaded_algebra():
                block = self._feature_maker().block(np.array([disease]))
            self._last_features = disease, np.ascontiguousarray(block[:, :, 0].T)
        return self._last_features[1]

    def _models(self, regime: Regime) -> list[list[Member]]:
        """The models of a regime by fold."""
        from kedrec.ranking.ensemble import restore_model

        by_fold = self._members_by_regime.get(regime)
        if by_fold is None:
            by_fold = []
            for fold, models in enumerate(self._facts["models"][regime]):
                by_fold.append([])
                for index, facts in enumerate(models):
                    text = self._arrays.get(f"models/{regime}/{fold}/{index}")
                    text_field = {} if text is None else {"text": text.tobytes().decode()}
                    by_fold[fold].append(restore_model({**facts, **text_field}))
            self._members_by_regime[regime] = by_fold
        return by_fold

    def _feature_maker(self) -> FeatureMaker:
        if self._maker is None:
            from kedrec.ranking.features import FeatureMaker
            from kedrec.ranking.pair_similarity import PairSimilarity

            paths = [tuple(Hop(*hop) for hop in path) for path in self._facts["paths"]]
            tables = linked_tables(self._adjacency)
            pair_similarity = PairSimilarity.from_arrays(self._adjacency, tables, self._arrays)
            self._maker = FeatureMaker(self._adjacency, paths, pair_similarity)
        return self._maker
