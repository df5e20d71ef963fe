"""Orders recommendations by the ranking, by a model's own judgement, or by both.

Both are joined only where the regression that is stored for the model was worth it on validation questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.llm.judging import CompactEvidence, judge, judgement_prompt
from kedrec.types import ModelJudgement, OrderNote

if TYPE_CHECKING:
    from kedrec.answers.candidates import Candidate
    from kedrec.common.progress import Progress
    from kedrec.llm.base import ChatModel
    from kedrec.llm.choice_fit import ChoiceFit, StackedWeights
    from kedrec.ranking import PairScore
    from kedrec.types import Background, Chooser

__all__ = ["Ordering", "choose_ordering"]

_FEWEST = 8  # drugs that a model orders, the validation questions' number of candidates
_FACTOR = 2


@dataclass(frozen=True, slots=True)
class Ordering:
    """A way to order an answer's drugs.

    Attributes:
        asked, by, reason: as of `OrderNote`.
        background: kind of texts that the model judges by, beside the paths.
        weights: of the ranking's and the model's log-odds; None unless `by` is `both`.
    """

    asked: Chooser
    by: Chooser
    reason: str
    background: Background
    weights: StackedWeights | None = None

    def pool(self, top: int) -> int:
        """Number of the ranking's best drugs among which `top` are chosen."""
        return top if self.by == "ranking" else max(_FEWEST, _FACTOR * top)

    def judge(
        self, model: ChatModel, candidates: Sequence[Candidate], progress: Progress | None = None
    ) -> list[tuple[int, ModelJudgement]]:
        """The candidates' indices in the order of this, each with the model's judgement.

        Args:
            model: the model.
            candidates: in the order of the ranking.
            progress: called drug by drug.

        Raises:
            ModelError: the model failed.
        """
        judgements = []
        for done, candidate in enumerate(candidates):
            if progress is not None:
                progress("Judging drugs", done, len(candidates))
            pair = candidate.evidence
            messages = judgement_prompt(
                pair.disease.name, pair.drug.name, _compact(candidate, self.background), model=model
            )
            judgements.append(judge(model, messages))
        mean = sum(one.log_odds for one in judgements) / max(len(judgements), 1)
        weight = {"ranking": 0.0, "model": 1.0, "both": self.weights.model if self.weights else 0.0}[self.by]
        contributions = [round(weight * (one.log_odds - mean), 4) for one in judgements]
        by_ranking = self.weights.ranking if self.weights else 0.0
        order = list(range(len(candidates)))
        if self.by != "ranking":
            order.sort(key=lambda at: -(by_ranking * candidates[at].score.score + contributions[at]))
        return [
            (at, judgements[at].model_copy(update={"contribution": contributions[at], "moved": at - place}))
            for place, at in enumerate(order)
        ]

    def note(self, among: int) -> OrderNote:
        """The note of an answer whose drugs are the first of `among`."""
        return OrderNote(asked=self.asked, by=self.by, among=among, reason=self.reason)


def choose_ordering(
    asked: Chooser, fit: ChoiceFit | None, ranked: Sequence[PairScore], background: Background
) -> Ordering:
    """The ordering of a disease's drugs.

    Args:
        asked: what was asked for, not `ranking`.
        fit: the regression stored for the model.
        ranked: the disease's drugs.
        background: kind of texts that the model reads.
    """
    if asked == "model":
        reason = "The model's own judgement orders the drugs that the ranking puts first."
        return Ordering(asked, "model", reason, background)
    score = ranked[0] if ranked else None
    weights = fit.of("unseen" if score and score.unseen else "treated", background) if fit else None
    if score is None or score.probability is None:
        reason = "the ranking isn't fitted on this graph, so that its scores have no unit"
    elif fit is None:
        reason = "no regression of its judgements was fitted (kedrec train choice)"
    elif weights is None:
        reason = "none of the regressions of its judgements is of diseases and texts like these"
    elif not weights.helps:
        reason = f"it isn't surely better {weights.figures}"
    else:
        return Ordering(
            asked, "both", f"The model's judgement changes the order: {weights.figures}.", background, weights
        )
    return Ordering(
        asked, "ranking", f"The model's judgement doesn't change the order: {reason}.", background
    )


def _compact(candidate: Candidate, background: Background) -> CompactEvidence:
    pair, texts = candidate.evidence, candidate.texts
    shown = {
        "none": (),
        "trials": texts.trials,
        "literature": texts.articles,
        "both": texts.all,
    }[background]
    return CompactEvidence(
        supporting=[item.sentence for item in pair.evidence],
        adverse=[item.sentence for item in pair.adverse],
        texts=[item.sentence for item in shown],
    )
