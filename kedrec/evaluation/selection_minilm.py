"""Control without a language model: candidates by the similarity of question and evidence to MiniLM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.evaluation.selection_answerers import rank_candidates
from kedrec.evaluation.selection_llm import evidence_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from kedrec.documents.minilm import Embedder
    from kedrec.evaluation.selection_asking import BlindQuestion, RankedAnswer

__all__ = ["similarity_answerer"]

_SHOWN = (3, 2, 3, 320)  # as the language model is shown where its context is long enough


def similarity_answerer(embedder: Embedder) -> Callable[[BlindQuestion], RankedAnswer]:
    """Builds an answerer by the similarity of the question and each candidate's name and evidence."""

    def answer(question: BlindQuestion) -> RankedAnswer:
        diseases = ", ".join(disease.name for disease in question.diseases)
        texts = [f"Which drug treats {diseases}?"]
        for candidate in question.candidates:
            lines = evidence_of(question, candidate.id).lines(*_SHOWN)
            texts.append(". ".join((f"{candidate.name} treats {diseases}", *lines)))
        vectors = embedder.embed(texts)
        similarities = vectors[1:] @ vectors[0]
        return rank_candidates(
            question,
            {
                candidate.id: float(similarity)
                for candidate, similarity in zip(question.candidates, similarities, strict=True)
            },
        )

    return answer
