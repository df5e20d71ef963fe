"""The weights by which curated mechanisms come first among a pair's paths, learned from some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.evaluation.path_cases import SETTINGS, supporting
from kedrec.evaluation.path_fit import fit
from kedrec.evidence.chains import CHAIN
from kedrec.evidence.path_features import NUMERIC
from kedrec.evidence.scoring import PathWeights, written
from kedrec.ranking.metapaths import kinds_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from kedrec.common.progress import Progress
    from kedrec.evaluation.path_cases import Case
    from kedrec.evaluation.path_fit import Weights

__all__ = ["learn", "out_of_fold", "refit"]

_FOLDS = 5
_HIDDEN_COUNTS = 5.0  # how often a pair without any curated knowledge counts: there are few of them
_ANALOGY = 2.0  # log-odds that an analogy loses


def out_of_fold(
    cases: Sequence[Case], generator: np.random.Generator, progress: Progress | None
) -> list[NDArray[np.float64]]:
    """Scores of every case's paths, by weights that were fitted on other diseases."""
    diseases = sorted({case.indication.disease for case in cases})
    fold = dict(zip(diseases, (generator.permutation(len(diseases)) % _FOLDS).tolist(), strict=True))
    scores: list[NDArray[np.float64]] = [np.zeros(0)] * len(cases)
    for held in range(_FOLDS):
        if progress is not None:
            progress("Learning from curated mechanisms", held, _FOLDS)
        weights = learn([case for case in cases if fold[case.indication.disease] != held])
        for place, case in enumerate(cases):
            if fold[case.indication.disease] == held:
                scores[place] = case.pool.scores(weights.numeric, weights.templates)
    return scores


def learn(cases: Sequence[Case]) -> Weights:
    """The weights by which the curated paths of some cases come first.

    Wanted are whole curated paths; where the pool has none, those that match by their nodes; where it has
    none such, those with any curated node and no other. Of analogies, paths through another drug or another
    disease, curators draw none: they tell that a treatment is likely, not how it works.
    """
    templates = supporting()
    wanted = []
    for case in cases:
        inside = np.array(
            [case.indication.nodes.issuperset(path) and bool(path) for path in case.sequences], bool
        )
        choices = (case.matching["exact"], case.matching["nodes"], inside)
        wanted.append(next((choice for choice in choices if choice.any()), inside))
    weights = fit(
        [
            (case.pool, these, _HIDDEN_COUNTS if case.setting == SETTINGS[0] else 1.0)
            for case, these in zip(cases, wanted, strict=True)
        ],
        len(templates) + 1,
    )
    for number, template in enumerate(templates):
        if {"Drug", "Disease"} & set(kinds_of(template)[1:-1]):
            weights.templates[number] = min(weights.templates[number], 0.0) - _ANALOGY
    return weights


def refit(cases: Sequence[Case], made: Mapping[str, Any]) -> str:
    """The text of `path-weights.yaml`, fitted on all cases.

    Args:
        cases: as `cases_of` gives them.
        made: what else is to be told of how the weights were made.
    """
    weights = learn(cases)
    names = [*(template.name for template in supporting()), CHAIN]
    told = {
        "by": "kedrec evaluate paths --fit FILE",
        "how": "conditional logit on the paths of each indication of DrugMechDB, its own mechanisms hidden, "
        "and all mechanisms hidden",
        **made,
        "indications": sum(bool(case.matching["nodes"].any()) for case in cases),
    }
    return written(
        PathWeights(
            dict(zip(NUMERIC, weights.numeric.tolist(), strict=True)),
            dict(zip(names, weights.templates.tolist(), strict=True)),
        ),
        told,
    )
