"""Recall of curated mechanisms among a pair's ranked paths.

`path_cases` defines the indications, what is hidden, and what counts as a match.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from kedrec.evaluation.path_cases import DEFINITIONS, SETTINGS
from kedrec.evaluation.path_learning import out_of_fold_scores
from kedrec.evaluation.path_tables import DEPTHS, MechanismParts, Quality, figure
from kedrec.evidence.path_features import FEATURES
from kedrec.evidence.scoring import by_role, diverse_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from kedrec.common.progress import Progress
    from kedrec.evaluation.path_cases import Case
    from kedrec.evidence.path_pool import Pool

__all__ = ["best_rank", "evaluate", "random_order_chances"]

_SHOWN, _LEARNED, _SHARE, _WEIGHT, _SHORTEST, _RANDOM = (
    "as shown: learned, made diverse",
    "learned on other diseases",
    "share of the DWPC",
    "weight in the DWPC",
    "shortest path",
    "random path",
)

_DRAWS = 1000  # of the bootstrap
_FUNCTIONAL = frozenset(
    {
        "Gene",
        "GeneFamily",
        "Complex",
        "BiologicalProcess",
        "MolecularFunction",
        "Pathway",
        "CellularComponent",
    }
)


def evaluate(
    cases: Sequence[Case], *, seed: int, progress: Progress | None = None
) -> tuple[list[Quality], list[MechanismParts]]:
    """Computes the figures of every setting, definition and method.

    Learned scores use weights fitted on other diseases, in five folds; random and shortest paths are
    averaged over all orders of ties, so that no draw is lucky.

    Args:
        cases: from `indication_cases`.
        seed: of the folds and the bootstrap.
        progress: called fold by fold.
    """
    generator = np.random.default_rng(seed)
    learned = out_of_fold_scores(cases, generator, progress)
    qualities, parts = [], []
    for setting in SETTINGS:
        setting_cases = [
            (case, scores) for case, scores in zip(cases, learned, strict=True) if case.setting == setting
        ]
        if not setting_cases:
            continue
        draws = generator.integers(0, len(setting_cases), (_DRAWS, len(setting_cases)))
        methods: dict[str, Callable[[Case, NDArray[np.float64]], NDArray[np.float64]]] = {
            _SHOWN: _shown_order_scores,
            _LEARNED: lambda _case, scores: scores,
            _SHARE: lambda case, _scores: case.pool.values[:, FEATURES.index("share")].astype(float),
            _WEIGHT: lambda case, _scores: case.pool.values[:, FEATURES.index("weight")].astype(float),
            _SHORTEST: lambda case, _scores: -(case.pool.nodes >= 0).sum(axis=1).astype(float),
            _RANDOM: lambda case, _scores: np.zeros(len(case.pool)),
        }
        for method, score in methods.items():
            scored = [(case, score(case, scores)) for case, scores in setting_cases]
            for definition in DEFINITIONS:
                competing = scored
                if definition == "3 hops":
                    competing = [
                        (case, score(case, _short_path_scores(case, scores)))
                        for case, scores in setting_cases
                    ]
                outcomes = np.array(
                    [_outcome(case, scores, definition, method) for case, scores in competing]
                )
                reachable = np.array([case.reachable[definition] for case, _ in scored])
                qualities.append(_quality((setting, definition, method), outcomes, reachable, draws))
            if method not in (_SHORTEST, _RANDOM):
                parts.append(_mechanism_parts(setting, method, scored, draws))
    return qualities, parts


def best_rank(pool: Pool, scores: NDArray[np.float64], matching: NDArray[np.bool_]) -> float:
    """Rank of the best match, from 1; infinite without one. Ties are ordered by template and nodes."""
    if not matching.any():
        return float("inf")
    order = np.lexsort((*pool.nodes.T[::-1], pool.shape, -np.round(scores, 9)))
    return 1.0 + float(np.flatnonzero(matching[order])[0])


def random_order_chances(scores: NDArray[np.float64], matching: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Probability that the best match has rank 1, 2, ... with ties in random order."""
    chances = np.zeros(len(scores))
    if not matching.any():
        return chances
    best = scores[matching].max()
    before, equal = int((scores > best).sum()), int((scores == best).sum())
    matches = int((matching & (scores == best)).sum())
    remaining = 1.0
    for offset in range(equal - matches + 1):
        chance = remaining * matches / (equal - offset)
        chances[before + offset] = chance
        remaining -= chance
    return chances


def _short_path_scores(case: Case, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores of the paths of at most three hops; -inf for the others, which don't compete."""
    return np.where(case.short, scores, -np.inf)


def _shown_order_scores(case: Case, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores in the order in which an answer shows the paths."""
    scores = by_role(case.pool, scores)
    order = np.argsort(-scores, kind="stable")
    shown = np.empty(len(scores))
    shown[order] = -max(DEPTHS) - np.arange(len(order), dtype=float)
    selected = islice(diverse_paths(case.pool, scores), max(DEPTHS))
    first = [path for path in selected if np.isfinite(scores[path])]
    shown[first] = -np.arange(len(first), dtype=float)
    return shown


def _outcome(case: Case, scores: NDArray[np.float64], definition: str, method: str) -> list[float]:
    """Hit at each depth, and the reciprocal rank."""
    matching = case.matching[definition]
    if definition == "3 hops":
        scores = _short_path_scores(case, scores)
    if method in (_SHORTEST, _RANDOM):
        chances = random_order_chances(scores, matching)
        return [
            *(float(chances[:depth].sum()) for depth in DEPTHS),
            float((chances / np.arange(1, len(chances) + 1)).sum()),
        ]
    rank = best_rank(case.pool, scores, matching)
    return [*(float(rank <= depth) for depth in DEPTHS), 1 / rank]


def _quality(
    key: tuple[str, str, str],
    outcomes: NDArray[np.float64],
    reachable: NDArray[np.bool_],
    draws: NDArray[np.int64],
) -> Quality:
    figures = [figure(outcomes[:, column], reachable, draws) for column in range(outcomes.shape[1])]
    all_cases = np.ones(len(reachable), bool)
    return Quality(
        *key,
        indications=len(reachable),
        reachable=int(reachable.sum()),
        hits=dict(zip(DEPTHS, figures, strict=False)),
        mrr=figures[-1],
        hits_of_all={
            depth: figure(outcomes[:, column], all_cases, draws) for column, depth in enumerate(DEPTHS)
        },
    )


def _mechanism_parts(
    setting: str, method: str, scored: Sequence[tuple[Case, NDArray[np.float64]]], draws: NDArray[np.int64]
) -> MechanismParts:
    target_hits, part_shares, has_target, has_functional = [], [], [], []
    for case, scores in scored:
        order = np.lexsort((*case.pool.nodes.T[::-1], case.pool.shape, -np.round(scores, 9)))[:10]
        shown_nodes = {node for path in order.tolist() for node in case.sequences[path]}
        curated = {node for node in case.indication.nodes if node[0] in _FUNCTIONAL}
        target_hits.append(bool(case.indication.targets & shown_nodes))
        has_target.append(bool(case.indication.targets))
        part_shares.append(len(curated & shown_nodes) / max(len(curated), 1))
        has_functional.append(bool(curated))
    return MechanismParts(
        setting, method,
        figure(np.array(target_hits, float), np.array(has_target), draws), sum(has_target),
        figure(np.array(part_shares), np.array(has_functional), draws), sum(has_functional),
    )  # fmt: skip
