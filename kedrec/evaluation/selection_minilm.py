"""Control without a language model: MiniLM reads question and evidence, and a regression on it chooses.

MiniLM's weights stay as they are. The regression is fitted on the training questions of the same config,
under the same condition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kedrec.evaluation.conditional_logit import fit_choices
from kedrec.evaluation.selection_answerers import rank_candidates
from kedrec.evaluation.selection_llm import evidence_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from kedrec.documents.minilm import Embedder
    from kedrec.evaluation.selection_asking import BlindQuestion, RankedAnswer

__all__ = ["MINILM_VERSION", "VectorMemory", "minilm_answerer"]

MINILM_VERSION = 2
"""Version of the control, part of the key of stored answers."""


_SHOWN = (3, 2, 3, 320)  # as the language model is shown where its context is long enough
_RIDGE = 100.0  # 385 features of a few hundred questions


class VectorMemory:
    """An embedder that embeds a text once: most candidates have the same evidence under many conditions.

    Args:
        embedder: MiniLM.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: dict[str, NDArray[np.float32]] = {}

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns the texts' vectors, shape (texts, 384)."""
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if new:
            self._vectors.update(zip(new, self._embedder.embed(new), strict=True))
        return np.stack([self._vectors[text] for text in texts])


def minilm_answerer(
    embedder: VectorMemory, training: Sequence[BlindQuestion], answers: Mapping[str, Sequence[str]]
) -> Callable[[BlindQuestion], RankedAnswer]:
    """Builds an answerer by a regression on MiniLM's vector of question, candidate and evidence.

    Args:
        embedder: MiniLM.
        training: the questions to fit on; without any, the similarity of question and text alone decides.
        answers: ids of their right candidates, by question id.
    """
    rows = []
    for question in training:
        right = np.array([one.id in answers[question.id] for one in question.candidates])
        rows.append((_features(embedder, question), right))
    weights = fit_choices(rows, _RIDGE) if rows else None

    def answer(question: BlindQuestion) -> RankedAnswer:
        features = _features(embedder, question)
        scores = features[:, 0] if weights is None else features @ weights
        return rank_candidates(
            question,
            {one.id: float(score) for one, score in zip(question.candidates, scores, strict=True)},
        )

    return answer


def _features(embedder: VectorMemory, question: BlindQuestion) -> NDArray[np.float64]:
    """Of each candidate: its text's similarity to the question, and the text's vector."""
    diseases = ", ".join(disease.name for disease in question.diseases)
    texts = [f"Which drug treats {diseases}?"]
    for candidate in question.candidates:
        lines = evidence_of(question, candidate.id).lines(*_SHOWN)
        texts.append(". ".join((f"{candidate.name} treats {diseases}", *lines)))
    vectors = np.asarray(embedder.embed(texts), np.float64)
    return np.column_stack([vectors[1:] @ vectors[0], vectors[1:]])
