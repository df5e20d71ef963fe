"""The reports that `kedrec evaluate` prints as JSON, one for each measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.evaluation.coverage import Band
    from kedrec.evaluation.gate_rates import Rate
    from kedrec.evaluation.passage_recall import PairCoverage, QuestionRecall
    from kedrec.evaluation.path_tables import MechanismParts, Quality
    from kedrec.evaluation.ranking_figures import RankingFigures
    from kedrec.evaluation.rationales import RationaleFigures
    from kedrec.evaluation.selection_scores import SelectionFigures

__all__ = [
    "CoverageReport",
    "GateReport",
    "PathReport",
    "RankingReport",
    "RationaleReport",
    "RetrievalReport",
    "SelectionReport",
]


@dataclass(frozen=True, slots=True)
class GateReport:
    """The gate's error rates.

    Attributes:
        seed: of the pairs and the sentences.
        pairs: number of pairs.
        rates: of each group of sentences.
    """

    seed: int
    pairs: int
    rates: Sequence[Rate]


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """Bias and coverage of calibrated probabilities.

    Attributes:
        seed: of the draws.
        runs: number of samples of each curve.
        bands: figures by curve and band of probability.
    """

    seed: int
    runs: int
    bands: Sequence[Band]


@dataclass(frozen=True, slots=True)
class PathReport:
    """Agreement of the best paths with curated mechanisms.

    Attributes:
        seed: of the folds and the bootstrap.
        matches: how often a path is the mechanism.
        parts: how much of the mechanism the paths have.
    """

    seed: int
    matches: Sequence[Quality]
    parts: Sequence[MechanismParts]


@dataclass(frozen=True, slots=True)
class RankingReport:
    """Ranks of hidden treatments.

    Attributes:
        seed: of the folds, the samples, the trees and the bootstrap.
        figures: by split and method.
        rare, others: the same of rare diseases and of the others; None where they weren't asked for.
    """

    seed: int
    figures: Sequence[RankingFigures]
    rare: Sequence[RankingFigures] | None = None
    others: Sequence[RankingFigures] | None = None


@dataclass(frozen=True, slots=True)
class RationaleReport:
    """Scores of rationales against a data set's own.

    Attributes:
        seed: of the model and the bootstrap.
        config, split: the questions.
        figures: of each set of rationales.
    """

    seed: int
    config: str
    split: str
    figures: Sequence[RationaleFigures]


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """Recall of the search for texts.

    Attributes:
        questions: by method; none without questions.
        pairs: coverage of the curated pairs.
    """

    questions: Sequence[QuestionRecall]
    pairs: PairCoverage


@dataclass(frozen=True, slots=True)
class SelectionReport:
    """Scores of answerers that choose among candidates.

    Attributes:
        seed: of the draws and the bootstrap.
        figures: by config, split and answerer.
    """

    seed: int
    figures: Sequence[SelectionFigures]
