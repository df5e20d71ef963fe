"""An answer whose rationales a model has yet to write, apart from the graph that it comes from."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

from kedrec.answers.manifest import with_model
from kedrec.answers.rationales import PieceWritten, RationaleWritten, is_for_model, write_rationales

if TYPE_CHECKING:
    from kedrec.answers.candidates import Candidate
    from kedrec.answers.choosing import Ordering
    from kedrec.answers.rationales import Listener
    from kedrec.common.progress import Progress
    from kedrec.llm.base import ChatModel
    from kedrec.types import Answer, DiseaseAnswer, Rationale, Recommendation

__all__ = ["PendingAnswer", "Watcher"]

_Answer = TypeVar("_Answer", bound="Answer | DiseaseAnswer")


class Watcher(Protocol):
    """Watches how an answer comes about, unless a model is to order it: its order isn't known before."""

    def ranked(self, answer: Answer | DiseaseAnswer, waiting: Set[int]) -> None:
        """Called with the answer before a model writes, and the positions of the rationales to come."""

    def written(self, position: int, rationale: Rationale) -> None:
        """Called with each rationale that a model has written, once it is checked."""


class PendingAnswer(Generic[_Answer]):
    """An answer, complete but for a model's rationales.

    Writing asks nothing of the graph: it may be done in another thread, and after the graph was closed.

    Args:
        answer: the answer with the evidence's own sentences as rationales.
        candidates: the pairs of its recommendations, in order, then the others that a model may choose.
        seed: seed of the model.
        others: recommendations of the other pairs.
        ordering: how a model orders them; None: not at all.
    """

    def __init__(
        self,
        answer: _Answer,
        candidates: Sequence[Candidate],
        *,
        seed: int,
        others: Sequence[Recommendation] = (),
        ordering: Ordering | None = None,
    ) -> None:
        self.answer = answer
        self.pool: tuple[Recommendation, ...] = (*answer.recommendations, *others)
        self._candidates = candidates
        self._seed = seed
        self._ordering = ordering

    @property
    def needs_model(self) -> bool:
        """True if there is a rationale for a model to write, or an order to make."""
        return any(map(is_for_model, self._candidates)) or (self.orders and bool(self._candidates))

    @property
    def orders(self) -> bool:
        """True if a model is to order the recommendations."""
        return self._ordering is not None

    @property
    def waiting(self) -> frozenset[int]:
        """The positions in `pool` of the rationales for a model to write."""
        return frozenset(at for at, one in enumerate(self._candidates) if is_for_model(one))

    def write(
        self, model: ChatModel, *, progress: Progress | None = None, listen: Listener | None = None
    ) -> _Answer:
        """The answer with the model's rationales.

        Args:
            model: the model.
            progress, listen: as of `write_rationales`; positions are those in `pool`.

        Raises:
            ModelError: the model failed.
        """
        if not self.needs_model:
            return self.answer
        chosen, order_fields = self.choose(model, progress)
        positions = [at for at in chosen if is_for_model(self._candidates[at])]

        def pass_on(event: PieceWritten | RationaleWritten) -> None:
            if listen is not None:
                position = positions[event.position]
                if isinstance(event, PieceWritten):
                    listen(PieceWritten(position, event.draft, event.text))
                else:
                    listen(RationaleWritten(position, event.rationale))

        written = write_rationales(
            model,
            [self._candidates[position] for position in positions],
            seed=self._seed,
            progress=progress,
            listen=None if listen is None else pass_on,
        )
        for position, one in zip(positions, written, strict=True):
            chosen[position] = chosen[position].model_copy(update={"rationale": one.rationale})
        recommendations = tuple(chosen.values())
        fields = {
            "recommendations": recommendations,
            "manifest": with_model(self.answer.manifest, model, recommendations),
            **order_fields,
        }
        return cast("_Answer", self.answer.model_copy(update=fields))

    def without_model(self, reason: str) -> _Answer:
        """The answer in the evidence's own sentences, with the reason as note where a model was to write."""
        noted = [
            one.model_copy(update={"rationale": one.rationale.model_copy(update={"note": reason})})
            if is_for_model(candidate)
            else one
            for one, candidate in zip(self.answer.recommendations, self._candidates, strict=False)
        ]
        return cast("_Answer", self.answer.model_copy(update={"recommendations": tuple(noted)}))

    def choose(
        self, model: ChatModel, progress: Progress | None = None
    ) -> tuple[dict[int, Recommendation], dict[str, Any]]:
        """The recommendations to show, by positions in `pool`, in order; and what the answer says of that.

        Raises:
            ModelError: the model failed.
        """
        shown = len(self.answer.recommendations)
        if self._ordering is None:
            return dict(enumerate(self.answer.recommendations)), {}
        judged = self._ordering.judge(model, self._candidates, progress)[:shown]
        chosen = {at: self.pool[at].model_copy(update={"judgement": judgement}) for at, judgement in judged}
        ids = {one.drug.id for one in chosen.values()}
        return chosen, {
            "order": self._ordering.note(len(self._candidates)),
            "also": tuple(member for member in self.answer.also if member.like in ids),
        }
