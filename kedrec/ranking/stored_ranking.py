"""A fitted ranking as arrays, and reading it again: scores at once, models only where they are needed."""

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
    from kedrec.ranking.adjacency import Adjacency, Progress, Table
    from kedrec.ranking.decomposition import Part, Parts
    from kedrec.ranking.ensemble import Member
    from kedrec.ranking.features import FeatureMaker
    from kedrec.ranking.fit import Fitted

__all__ = ["SEED", "Standing", "Stored", "linked_tables", "made"]

SEED = 20250220
_TOP = 20  # drugs of a disease whose parts are kept; those of others are made when asked for


@dataclass(frozen=True, slots=True)
class Standing:
    """What is kept of some pairs: one value a pair each; see `PairScore`."""

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
        if adjacency.has(table) and len(adjacency.incidence(table, PLAIN).indices)
    ]


def made(
    adjacency: Adjacency, *, learn: bool = True, threads: int = 1, progress: Progress | None = None
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Fits a ranking: its arrays and its facts, as `Stored` reads them.

    Raises:
        KedrecError: the graph is too wide for this machine's memory.
    """
    check_memory(adjacency, linked_tables(adjacency), threads)
    with single_threaded_algebra():
        return _fitted(adjacency, learn=learn, threads=threads, progress=progress)


def _fitted(
    adjacency: Adjacency, *, learn: bool, threads: int, progress: Progress | None
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    from kedrec.ranking.calibration import DegreeLine, percentiles
    from kedrec.ranking.decomposition import parts_of
    from kedrec.ranking.fit import fit
    from kedrec.ranking.sampling import known_treatments, of_pairs

    linked = linked_tables(adjacency)
    found = fit(adjacency, linked, seed=SEED, threads=threads, learn_from_treatments=learn, progress=progress)
    parts = parts_of(found.maker.features)
    means = found.scores.mean(axis=0) if len(found.scores) else np.zeros(found.scores.shape[1])
    arrays: dict[str, NDArray[Any]] = {
        "ranking/scores": found.scores,
        "ranking/priors": found.priors,
        "ranking/informed": np.packbits(found.informed, axis=1),
        "ranking/drug_percentiles": percentiles(means),
        "ranking/disease_percentiles": percentiles(found.scores.mean(axis=1)),
        **found.alike.kernel.arrays(),
    }
    models: dict[str, list[list[dict[str, Any]]]] = {}
    for regime, folds in found.members.items():
        models[regime] = []
        for fold, members in enumerate(folds):
            models[regime].append([])
            for place, member in enumerate(members):
                facts = member.facts()
                if "text" in facts:
                    text = facts.pop("text").encode()
                    arrays[f"models/{regime}/{fold}/{place}"] = np.frombuffer(text, np.uint8)
                models[regime][fold].append(facts)
    facts = {
        "models": models,
        "scales": {regime: asdict(scale) for regime, scale in found.scales.items()},
        "paths": [[(hop.relation, hop.forward, hop.kind) for hop in path] for path in found.paths],
        "labels": [(part.group, part.label) for part in parts],
        "treated": found.treated,
        "degree_line": asdict(DegreeLine.of(means, known_treatments(adjacency).sum(axis=1))),
    }
    size = min(_TOP, found.scores.shape[1])
    top = np.argsort(-found.scores, axis=1, kind="stable")[:, :size].astype(np.int32)
    pairs = top.ravel().astype(np.int64), np.repeat(np.arange(len(top)), size)
    told = None if progress is None else partial(progress, "Explaining the best")
    rows = of_pairs(found.maker, *pairs, threads, told)
    split = Stored(adjacency, arrays, facts, found, threads=threads).decomposed(*pairs, rows)
    arrays |= {
        "top/drugs": top,
        "top/contributions": split.contributions.reshape(*top.shape, -1),
        "top/values": split.values.reshape(*top.shape, -1),
        "top/base": split.base.reshape(top.shape),
    }
    return arrays, facts


class Stored:
    """A fitted ranking over its arrays and facts.

    Args:
        adjacency: the graph.
        arrays, facts: as `made` gives them.
        fitted: where the ranking has just been fitted, its models and features.
        threads: models that explain scores at once, at most.
    """

    def __init__(
        self,
        adjacency: Adjacency,
        arrays: Arrays,
        facts: Mapping[str, Any],
        fitted: Fitted | None = None,
        *,
        threads: int = 1,
    ) -> None:
        self._adjacency = adjacency
        self._arrays = arrays
        self._facts = facts
        self._members: dict[tuple[str, int], list[Member]] = {}
        self._threads = threads
        self._maker: FeatureMaker | None = None
        if fitted is not None:
            self._maker = fitted.maker
            for regime, folds in fitted.members.items():
                self._members |= {(regime, fold): models for fold, models in enumerate(folds)}
        self.labels: list[tuple[Any, str]] = [(group, label) for group, label in facts["labels"]]
        self.scales: dict[str, Scale] = {regime: Scale.of(scale) for regime, scale in facts["scales"].items()}

    def beyond(self, found: Standing) -> NDArray[np.float64]:
        """The scores of some pairs beyond what drugs that treat as many other diseases have."""
        from kedrec.ranking.calibration import DegreeLine
        from kedrec.ranking.sampling import known_treatments

        known = known_treatments(self._adjacency)
        degrees = known.sum(axis=1)[found.drugs] - known[found.drugs, found.diseases]
        return DegreeLine(**self._facts["degree_line"]).beyond(found.scores, degrees)

    def standing(self, drugs: NDArray[np.int64], diseases: NDArray[np.int64]) -> Standing:
        """What is kept of some pairs, by the numbers of their drugs and diseases."""
        scores = self._arrays["ranking/scores"][diseases, drugs]
        alone = self._alone[diseases]
        low, high = np.zeros(len(scores)), np.zeros(len(scores))
        for regime, scale in self.scales.items():
            chosen = alone == (regime == "unseen")
            if scale.reliability is not None:
                low[chosen], high[chosen] = scale.reliability.interval(scores[chosen])
        packed = self._arrays["ranking/informed"][diseases, drugs // 8]
        return Standing(
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
            informed=(packed >> (7 - drugs % 8)) & 1 > 0,
        )

    def parts(self, drug: int, disease: int) -> tuple[float, NDArray[np.float32], NDArray[np.float32]]:
        """Base, contributions and values of one pair's parts; kept ones are read, others made."""
        place = np.flatnonzero(self._arrays["top/drugs"][disease] == drug)
        if len(place):
            kept = (disease, int(place[0]))
            return (
                float(self._arrays["top/base"][kept]),
                self._arrays["top/contributions"][kept],
                self._arrays["top/values"][kept],
            )
        one = np.array([disease])
        rows = self._made().block(one).transpose(2, 1, 0)[0, [drug]]
        found = self.decomposed(np.array([drug]), one, rows)
        return float(found.base[0]), found.contributions[0], found.values[0]

    def decomposed(
        self, drugs: NDArray[np.int64], diseases: NDArray[np.int64], rows: NDArray[np.float32]
    ) -> Parts:
        """The parts of some pairs by their features, each by the models that have not seen its label."""
        from kedrec.ranking.decomposition import Parts, decompose
        from kedrec.ranking.ensemble import side_by_side
        from kedrec.ranking.folds import fold_of

        shape = (len(rows), len(self._split))
        whole = Parts(np.zeros(len(rows)), np.zeros(shape, np.float32), np.zeros(shape, np.float32))
        alone = self._alone[diseases]

        def write(models: list[Member], scale: Scale, chosen: NDArray[np.int64]) -> None:
            found = decompose(rows[chosen], models, scale, self._split)
            whole.base[chosen] = found.base
            whole.contributions[chosen] = found.contributions
            whole.values[chosen] = found.values

        calls = []
        for regime, folds in self._facts["models"].items():
            of_regime = alone == (regime == "unseen") if self.scales else np.ones(len(rows), bool)
            scale = self.scales.get(regime, Scale.identity())
            of_fold = fold_of(regime, drugs, diseases, SEED) % len(folds)
            for fold in np.unique(of_fold[of_regime]).tolist():
                chosen = np.flatnonzero(of_regime & (of_fold == fold))
                calls.append(partial(write, self._models(regime, fold), scale, chosen))
        side_by_side(calls, self._threads)
        return whole

    @cached_property
    def _unseen(self) -> NDArray[np.bool_]:
        """The diseases without a known treatment: one value a disease."""
        from kedrec.ranking.sampling import unseen

        return unseen(self._adjacency)

    @cached_property
    def _alone(self) -> NDArray[np.bool_]:
        """The diseases that are scored by the regime `unseen`: one value a disease.

        All of them where too few have two treatments, so that nothing was learned for the regime `treated`.
        """
        return self._unseen if "treated" in self._facts["models"] else np.ones_like(self._unseen)

    @cached_property
    def _split(self) -> list[Part]:
        from kedrec.ranking.decomposition import parts_of

        return parts_of(self._made().features)

    def _models(self, regime: str, fold: int) -> list[Member]:
        from kedrec.ranking.ensemble import restore_model

        found = self._members.get((regime, fold))
        if found is None:
            found = []
            for place, facts in enumerate(self._facts["models"][regime][fold]):
                text = self._arrays.get(f"models/{regime}/{fold}/{place}")
                told = {} if text is None else {"text": text.tobytes().decode()}
                found.append(restore_model({**facts, **told}))
            self._members[regime, fold] = found
        return found

    def _made(self) -> FeatureMaker:
        if self._maker is None:
            from kedrec.ranking.features import FeatureMaker
            from kedrec.ranking.kron_ridge import PairKernel
            from kedrec.ranking.pair_similarity import Alike

            paths = [tuple(Hop(*hop) for hop in path) for path in self._facts["paths"]]
            kernel = PairKernel.restored(self._arrays)
            alike = Alike.of(self._adjacency, linked_tables(self._adjacency), kernel)
            self._maker = FeatureMaker(self._adjacency, paths, alike)
        return self._maker
