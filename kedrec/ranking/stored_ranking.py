"""Stores a fitted ranking as arrays, and reads scores from them; models are restored only when needed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.common.cpus import single_threaded_algebra
from kedrec.ranking.adjacency import PLAIN
from kedrec.ranking.calibration import Scale, sigmoid
from kedrec.ranking.memory import check_memory
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

__all__ = ["SEED", "PairScores", "StoredRanking", "fit_to_arrays", "linked_tables"]

SEED = 20250220
_TOP = 20  # drugs of a disease whose parts are stored; those of others are computed on demand


@dataclass(frozen=True, slots=True)
class PairScores:
    """The stored values of some pairs, one per pair in each array; see `PairScore`."""

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
    check_memory(adjacency, linked_tables(adjacency), threads)
    with single_threaded_algebra():
        return _fit_single_threaded(adjacency, learn=learn, threads=threads, progress=progress)


def _fit_single_threaded(
    adjacency: Adjacency, *, learn: bool, threads: int, progress: Progress | None
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    from kedrec.ranking.calibration import DegreeLine, percentiles
    from kedrec.ranking.decomposition import parts_of
    from kedrec.ranking.fit import fit
    from kedrec.ranking.sampling import known_treatments, pair_features

    tables = linked_tables(adjacency)
    fitted = fit(
        adjacency, tables, seed=SEED, threads=threads, learn_from_treatments=learn, progress=progress
    )
    parts = parts_of(fitted.maker.features)
    means = fitted.scores.mean(axis=0) if len(fitted.scores) else np.zeros(fitted.scores.shape[1])
    arrays: dict[str, NDArray[Any]] = {
        "ranking/scores": fitted.scores,
        "ranking/priors": fitted.priors,
        "ranking/informed": np.packbits(fitted.informed, axis=1),
        "ranking/drug_percentiles": percentiles(means),
        "ranking/disease_percentiles": percentiles(fitted.scores.mean(axis=1)),
        **fitted.pair_similarity.kernel.arrays(),
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
        "degree_line": asdict(DegreeLine.of(means, known_treatments(adjacency).sum(axis=1))),
    }
    top_size = min(_TOP, fitted.scores.shape[1])
    top = np.argsort(-fitted.scores, axis=1, kind="stable")[:, :top_size].astype(np.int32)
    pairs = top.ravel().astype(np.int64), np.repeat(np.arange(len(top)), top_size)
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
        self._members_by_fold: dict[tuple[str, int], list[Member]] = {}
        self._threads = threads
        self._maker: FeatureMaker | None = None
        if fitted is not None:
            self._maker = fitted.maker
            for regime, folds in fitted.members.items():
                self._members_by_fold |= {(regime, fold): models for fold, models in enumerate(folds)}
        self.labels: list[tuple[Any, str]] = [(group, label) for group, label in facts["labels"]]
        self.scales: dict[str, Scale] = {regime: Scale.of(scale) for regime, scale in facts["scales"].items()}

    def above_degree_line(self, pairs: PairScores) -> NDArray[np.float64]:
        """The scores of some pairs above most of the mean of drugs that treat as many other diseases."""
        from kedrec.ranking.calibration import DegreeLine
        from kedrec.ranking.sampling import known_treatments

        treatments = known_treatments(self._adjacency)
        degrees = treatments.sum(axis=1)[pairs.drugs] - treatments[pairs.drugs, pairs.diseases]
        return DegreeLine(**self._facts["degree_line"]).subtract_expected(pairs.scores, degrees)

    def pair_scores(self, drugs: NDArray[np.int64], diseases: NDArray[np.int64]) -> PairScores:
        """The stored values of some pairs, by the numbers of their drugs and diseases."""
        scores = self._arrays["ranking/scores"][diseases, drugs]
        by_unseen = self._uses_unseen[diseases]
        low, high = np.zeros(len(scores)), np.zeros(len(scores))
        for regime, scale in self.scales.items():
            selected = by_unseen == (regime == "unseen")
            if scale.reliability is not None:
                low[selected], high[selected] = scale.reliability.interval(scores[selected])
        informed_bytes = self._arrays["ranking/informed"][diseases, drugs // 8]
        return PairScores(
            drugs=drugs,
            diseases=diseases,
            scores=scores,
            probabilities=sigmoid(scores),
            low=low,
            high=high,
            priors=self._arrays["ranking/priors"][diseases, drugs],
            drug_percentiles=self._arrays["ranking/drug_percentiles"][drugs],
            disease_percentiles=self._arrays["ranking/disease_percentiles"][diseases],
            unseen=self._unseen[diseases],
            informed=(informed_bytes >> (7 - drugs % 8)) & 1 > 0,
        )

    def parts(self, drug: int, disease: int) -> tuple[float, NDArray[np.float32], NDArray[np.float32]]:
        """Base, contributions and values of one pair's parts: read where stored, otherwise computed."""
        positions = np.flatnonzero(self._arrays["top/drugs"][disease] == drug)
        if len(positions):
            index = (disease, int(positions[0]))
            return (
                float(self._arrays["top/base"][index]),
                self._arrays["top/contributions"][index],
                self._arrays["top/values"][index],
            )
        diseases = np.array([disease])
        rows = self._feature_maker().block(diseases).transpose(2, 1, 0)[0, [drug]]
        parts = self.decompose_pairs(np.array([drug]), diseases, rows)
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
                calls.append(partial(write, self._models(regime, fold), scale, selected))
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

    def _models(self, regime: str, fold: int) -> list[Member]:
        from kedrec.ranking.ensemble import restore_model

        members = self._members_by_fold.get((regime, fold))
        if members is None:
            members = []
            for index, facts in enumerate(self._facts["models"][regime][fold]):
                text = self._arrays.get(f"models/{regime}/{fold}/{index}")
                text_field = {} if text is None else {"text": text.tobytes().decode()}
                members.append(restore_model({**facts, **text_field}))
            self._members_by_fold[regime, fold] = members
        return members

    def _feature_maker(self) -> FeatureMaker:
        if self._maker is None:
            from kedrec.ranking.features import FeatureMaker
            from kedrec.ranking.kron_ridge import PairKernel
            from kedrec.ranking.pair_similarity import PairSimilarity

            paths = [tuple(Hop(*hop) for hop in path) for path in self._facts["paths"]]
            kernel = PairKernel.from_arrays(self._arrays)
            pair_similarity = PairSimilarity.of(self._adjacency, linked_tables(self._adjacency), kernel)
            self._maker = FeatureMaker(self._adjacency, paths, pair_similarity)
        return self._maker
