"""Learns path weights from curated mechanisms, cross-validated over diseases or on all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.evaluation.path_cases import SETTINGS, supporting_templates
from kedrec.evaluation.path_fit import fit
from kedrec.evidence.chains import CHAIN
from kedrec.evidence.path_features import FEATURES
from kedrec.evidence.scoring import PathWeights, weights_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from kedrec.common.progress import Progress
    from kedrec.evaluation.path_cases import Case
    from kedrec.evaluation.path_fit import Weights

__all__ = ["fitted_weights_yaml", "learn_weights", "out_of_fold_scores"]

_FOLDS = 5
_HIDDEN_WEIGHT = 5.0  # of a pair with all mechanisms hidden: there are few of them
_ANALOGY_PENALTY = 2.0  # log-odds


def out_of_fold_scores(
    cases: Sequence[Case], generator: np.random.Generator, progress: Progress | None
) -> list[NDArray[np.float64]]:
    """Scores every case's paths by weights fitted on other diseases."""
    diseases = sorted({case.indication.disease for case in cases})
    fold = dict(zip(diseases, (generator.permutation(len(diseases)) % _FOLDS).tolist(), strict=True))
    scores: list[NDArray[np.float64]] = [np.zeros(0)] * len(cases)
    for test_fold in range(_FOLDS):
        if progress is not None:
            progress("Learning from curated mechanisms", test_fold, _FOLDS)
        weights = learn_weights([case for case in cases if fold[case.indication.disease] != test_fold])
        for index, case in enumerate(cases):
            if fold[case.indication.disease] == test_fold:
                scores[index] = case.pool.scores(weights.numeric, weights.templates)
    return scores


def learn_weights(cases: Sequence[Case]) -> Weights:
    """Learns weights that put the curated paths of the cases first.

    The targets are exact curated paths; where the pool has none, paths that match by their nodes; failing
    those, paths with curated nodes only. Analogies, paths through another drug or disease, are penalised:
    curators draw none, since they show that a treatment is likely, not how it works.
    """
    templates = supporting_templates()
    targets = []
    for case in cases:
        subset = np.array(
            [case.indication.nodes.issuperset(path) and bool(path) for path in case.sequences], bool
        )
        choices = (case.matching["exact"], case.matching["nodes"], subset)
        targets.append(next((choice for choice in choices if choice.any()), subset))
    weights = fit(
        [
            (case.pool, target, _HIDDEN_WEIGHT if case.setting == SETTINGS[0] else 1.0)
            for case, target in zip(cases, targets, strict=True)
        ],
        len(templates) + 1,
    )
    for number, template in enumerate(templates):
        if {"Drug", "Disease"} & set(template.kinds[1:-1]):
            weights.templates[number] = min(weights.templates[number], 0.0) - _ANALOGY_PENALTY
    return weights


def fitted_weights_yaml(cases: Sequence[Case], provenance: Mapping[str, Any]) -> str:
    """Fits weights on all cases and returns the text of `path-weights.yaml`.

    Args:
        cases: from `indication_cases`.
        provenance: entries to add to the header.
    """
    weights = learn_weights(cases)
    names = [*(template.name for template in supporting_templates()), CHAIN]
    header = {
        "by": "kedrec evaluate paths --fit FILE",
        "how": "conditional logit on the paths of each indication of DrugMechDB, its own mechanisms hidden, "
        "and all mechanisms hidden",
        **provenance,
        "indications": sum(bool(case.matching["nodes"].any()) for case in cases),
    }
    return weights_yaml(
        PathWeights(
            dict(zip(FEATURES, weights.numeric.tolist(), strict=True)),
            dict(zip(names, weights.templates.tolist(), strict=True)),
        ),
        header,
    )
