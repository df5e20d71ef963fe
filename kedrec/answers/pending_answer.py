"""An answer whose rationales a model has yet to write, apart from the graph that it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from kedrec.answers.manifest import with_model
from kedrec.answers.rationales import PieceWritten, RationaleWritten, is_for_model, write_rationales

if TYPE_CHECKING:
    from kedrec.answers.candidates import Candidate
    from kedrec.answers.rationales import Listener
    from kedrec.common.progress import Progress
    from kedrec.llm.base import ChatModel
    from kedrec.types import Answer, DiseaseAnswer

__all__ = ["PendingAnswer"]

_Answer = TypeVar("_Answer", bound="Answer | DiseaseAnswer")


class PendingAnswer(Generic[_Answer]):
    """An answer, complete but for a model's rationales.

    Writing asks nothing of the graph: it may be done in another thread, and after the graph was closed.

    Args:
        answer: the answer with the evidence's own sentences as rationales.
        candidates: the pairs of its recommendations, in order.
        seed: seed of the model.
    """

    def __init__(self, answer: _Answer, candidates: Sequence[Candidate], *, seed: int) -> None:
        self.answer = answer
        self._candidates = candidates
        self._seed = seed
        self._positions = [
            position for position, candidate in enumerate(candidates) if is_for_model(candidate)
        ]

    @property
    def needs_model(self) -> bool:
        """True if there is a rationale for a model to write."""
        return bool(self._positions)

    def write(
        self, model: ChatModel, *, progress: Progress | None = None, listen: Listener | None = None
    ) -> _Answer:
        """The answer with the model's rationales.

        Args:
            model: the model.
            progress, listen: as of `write_rationales`; positions are those of the recommendations.

        Raises:
            ModelError: the model failed.
        """
        if not self._positions:
            return self.answer

        def pass_on(event: PieceWritten | RationaleWritten) -> None:
            if listen is not None:
                position = self._positions[event.position]
                if isinstance(event, PieceWritten):
                    listen(PieceWritten(position, event.draft, event.text))
                else:
                    listen(RationaleWritten(position, event.rationale))

        written = write_rationales(
            model,
            [self._candidates[position] for position in self._positions],
            seed=self._seed,
            progress=progress,
            listen=None if listen is None else pass_on,
        )
        recommendations = list(self.answer.recommendations)
        for position, one in zip(self._positions, written, strict=True):
            update = {"rationale": one.rationale}
            recommendations[position] = recommendations[position].model_copy(update=update)
        fields = {
            "recommendations": tuple(recommendations),
            "manifest": with_model(self.answer.manifest, model, recommendations),
        }
        return cast("_Answer", self.answer.model_copy(update=fields))
