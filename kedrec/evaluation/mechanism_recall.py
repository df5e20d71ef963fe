"""How often the paths chosen for a pair are the mechanism that a curator drew, and where among them.

Which indications are asked for, what is hidden and what counts as a match: see `path_cases`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kedrec.evaluation.path_cases import DEFINITIONS, SETTINGS
from kedrec.evaluation.path_learning import out_of_fold
from kedrec.evaluation.path_tables import DEPTHS, Found, Quality, figure
from kedrec.evidence.path_features import NUMERIC
from kedrec.evidence.scoring import chosen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from kedrec.common.progress import Progress
    from kedrec.evaluation.path_cases import Case
    from kedrec.evidence.path_features import Pool

__all__ = ["evaluate", "in_random_order", "ranks"]

SHOWN, LEARNED, SHARE, WEIGHT, SHORTEST, RANDOM = (
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
) -> tuple[list[Quality], list[Found]]:
    """Figures of every setting, definition and method.

    Learned scores are of weights fitted on other diseases, in five folds; random and shortest paths are
    given in expectation over all orders of equals, so no draw is lucky.

    Args:
        cases: as `cases_of` gives them.
        seed: of the folds and the bootstrap.
        progress: called as the work goes on.
    """
    generator = np.random.default_rng(seed)
    learned = out_of_fold(cases, generator, progress)
    qualities, found = [], []
    for setting in SETTINGS:
        these = [
            (case, scores) for case, scores in zip(cases, learned, strict=True) if case.setting == setting
        ]
        if not these:
            continue
        draws = generator.integers(0, len(these), (_DRAWS, len(these)))
        methods: dict[str, Callable[[Case, NDArray[np.float64]], NDArray[np.float64]]] = {
            SHOWN: _as_shown,
            LEARNED: lambda _case, scores: scores,
            SHARE: lambda case, _scores: case.pool.values[:, NUMERIC.index("share")].astype(float),
            WEIGHT: lambda case, _scores: case.pool.values[:, NUMERIC.index("weight")].astype(float),
            SHORTEST: lambda case, _scores: -(case.pool.nodes >= 0).sum(axis=1).astype(float),
            RANDOM: lambda case, _scores: np.zeros(len(case.pool)),
        }
        for method, score in methods.items():
            scored = [(case, score(case, scores)) for case, scores in these]
            for definition in DEFINITIONS:
                competing = scored
                if definition == "3 hops":
                    competing = [(case, score(case, _of_short(case, scores))) for case, scores in these]
                outcomes = np.array(
                    [_outcome(case, scores, definition, method) for case, scores in competing]
                )
                reach = np.array([case.reachable[definition] for case, _ in scored])
                qualities.append(_quality((setting, definition, method), outcomes, reach, draws))
            if method not in (SHORTEST, RANDOM):
                found.append(_found(setting, method, scored, draws))
    return qualities, found


def ranks(pool: Pool, scores: NDArray[np.float64], matching: NDArray[np.bool_]) -> float:
    """Rank of the best match, from 1; infinite without one. Equal scores go by the nodes."""
    if not matching.any():
        return float("inf")
    order = np.lexsort((*pool.nodes.T[::-1], pool.shape, -np.round(scores, 9)))
    return 1.0 + float(np.flatnonzero(matching[order])[0])


def in_random_order(scores: NDArray[np.float64], matching: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Chance that the best match has rank 1, 2, ... where paths of equal score stand in random order."""
    chances = np.zeros(len(scores))
    if not matching.any():
        return chances
    best = scores[matching].max()
    before, equal = int((scores > best).sum()), int((scores == best).sum())
    wanted = int((matching & (scores == best)).sum())
    left = 1.0
    for place in range(equal - wanted + 1):
        here = left * wanted / (equal - place)
        chances[before + place] = here
        left -= here
    return chances


def _of_short(case: Case, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The scores of the paths of at most three hops; the others don't compete."""
    return np.where(case.short, scores, -np.inf)


def _as_shown(case: Case, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores that put the paths in the order in which an answer shows them."""
    order = np.argsort(-scores, kind="stable")
    shown = np.empty(len(scores))
    shown[order] = -max(DEPTHS) - np.arange(len(order), dtype=float)
    first = [path for path in chosen(case.pool, scores, max(DEPTHS)) if np.isfinite(scores[path])]
    shown[first] = -np.arange(len(first), dtype=float)
    return shown


def _outcome(case: Case, scores: NDArray[np.float64], definition: str, method: str) -> list[float]:
    """Hit at each depth, and the reciprocal rank."""
    matching = case.matching[definition]
    if definition == "3 hops":
        scores = _of_short(case, scores)
    if method in (SHORTEST, RANDOM):
        chances = in_random_order(scores, matching)
        return [
            *(float(chances[:depth].sum()) for depth in DEPTHS),
            float((chances / np.arange(1, len(chances) + 1)).sum()),
        ]
    rank = ranks(case.pool, scores, matching)
    return [*(float(rank <= depth) for depth in DEPTHS), 1 / rank]


def _quality(
    what: tuple[str, str, str],
    outcomes: NDArray[np.float64],
    reach: NDArray[np.bool_],
    draws: NDArray[np.int64],
) -> Quality:
    of_reachable = [figure(outcomes[:, column], reach, draws) for column in range(outcomes.shape[1])]
    everyone = np.ones(len(reach), bool)
    return Quality(
        *what,
        indications=len(reach),
        reachable=int(reach.sum()),
        hits=dict(zip(DEPTHS, of_reachable, strict=False)),
        mrr=of_reachable[-1],
        hits_of_all={
            depth: figure(outcomes[:, column], everyone, draws) for column, depth in enumerate(DEPTHS)
        },
    )


def _found(
    setting: str, method: str, scored: Sequence[tuple[Case, NDArray[np.float64]]], draws: NDArray[np.int64]
) -> Found:
    hit, parts, acted, functional = [], [], [], []
    for case, scores in scored:
        order = np.lexsort((*case.pool.nodes.T[::-1], case.pool.shape, -np.round(scores, 9)))[:10]
        seen = {node for path in order.tolist() for node in case.sequences[path]}
        curated = {node for node in case.indication.nodes if node[0] in _FUNCTIONAL}
        hit.append(bool(case.indication.targets & seen))
        acted.append(bool(case.indication.targets))
        parts.append(len(curated & seen) / max(len(curated), 1))
        functional.append(bool(curated))
    return Found(
        setting, method,
        figure(np.array(hit, float), np.array(acted), draws), sum(acted),
        figure(np.array(parts), np.array(functional), draws), sum(functional),
    )  # fmt: skip
