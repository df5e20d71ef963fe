"""Scores rationales against a data set's references (ROUGE) and against the evidence (the gate).

ROUGE (Lin 2004) is `rouge-score`'s, without a stemmer; citations are removed from both texts first, so that
equal ids count for nothing. The gate (`kedrec.grounding`) checks the sentences against the question's paths
of the right drug, and against the reference's own paths that the text cites.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.answers.path_grammar import PathGrammar
from kedrec.common.extras import install_advice
from kedrec.errors import DataError, ModelError, UsageError
from kedrec.grounding import check, from_evidence
from kedrec.llm.prompting import rationale_request
from kedrec.types import Entity, Evidence

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.dataset.question_types import Question
    from kedrec.evaluation.selection_scores import Interval
    from kedrec.llm.base import ChatModel, ChatRequest

__all__ = [
    "RationaleFigures",
    "markdown",
    "plain_rationales",
    "questions_with_reference",
    "read_predictions",
    "score_rationales",
    "write_rationales",
]

_ROUGE = ("rouge1", "rouge2", "rougeL")
# The look-behind and possessive quantifiers match each run of blanks once: no quadratic backtracking.
_CITATION = re.compile(r"(?<!\s)\s*+\[[A-Z]\d++(?:,\s*+[A-Z]\d++)*+\]")
_DRAWS = 1000
_MAX_TOKENS = 256
_BATCH = 8


@dataclass(frozen=True, slots=True)
class RationaleFigures:
    """Figures of one author's rationales; means over questions with 95 % intervals.

    Attributes:
        name: the author.
        rationales: number scored.
        missing: number of questions with a reference and no rationale.
        rouge1, rouge2, rougeL: F1 against the reference.
        precision: share of sentences that hold; 0 for a rationale without a sentence.
        coverage: share of the evidence's weight that holding sentences cite.
        words: number of words, without citations.
        reference_words: the same for the reference.
    """

    name: str
    rationales: int
    missing: int
    rouge1: Interval
    rouge2: Interval
    rougeL: Interval  # noqa: N815  # the measure's own name
    precision: Interval
    coverage: Interval
    words: Interval
    reference_words: Interval


def questions_with_reference(questions: Iterator[Question], limit: int | None = None) -> list[Question]:
    """Selects the questions that have a reference rationale, the first `limit` of them."""
    selection: list[Question] = []
    for question in questions:
        if question.reference is not None and question.reference.rationale:
            selection.append(question)
        if limit is not None and len(selection) >= limit:
            break
    return selection


def read_predictions(path: Path) -> dict[str, str]:
    """Reads rationales by question id from JSON Lines with `id` and `rationale`.

    Raises:
        DataError: the file can't be read, or a line lacks one of the two.
    """
    rationales: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                    id_, text = row["id"], row["rationale"]
                except (ValueError, KeyError, TypeError):
                    id_, text = None, None
                if not isinstance(id_, str) or not isinstance(text, str):
                    raise DataError(
                        f"Line {number} of {path} is no object with an `id` and a `rationale`, both texts.",
                        "Write one JSON object a line.",
                    )
                rationales[id_] = text
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} can't be read: {error}.", "Give a file in UTF-8.") from error
    return rationales


def plain_rationales(questions: Sequence[Question]) -> dict[str, str]:
    """The evidence's own sentences, at most four, by question id; questions without a path are left out."""
    texts = {}
    for question in questions:
        supporting, _ = _question_evidence(question)
        if supporting:
            texts[question.id] = from_evidence(supporting, "").text
    return texts


def write_rationales(
    model: ChatModel, questions: Sequence[Question], seed: int, progress: Progress | None = None
) -> Iterator[tuple[str, str]]:
    """Asks a model for a rationale of each question's right drug; yields question ids and texts.

    A model that obeys grammars goes along the paths, as in an answer; one text is written.

    Raises:
        ModelError: the model failed.
    """
    answerable = [question for question in questions if question.paths(_right_drug(question))]
    for start in range(0, len(answerable), _BATCH):
        if progress is not None:
            progress("Writing rationales", start, len(answerable))
        batch = answerable[start : start + _BATCH]
        requests = [_request(model, question, seed) for question in batch]
        for question, response in zip(batch, model.chat_many(requests), strict=True):
            yield question.id, response.text


def score_rationales(
    name: str, questions: Sequence[Question], rationales: Mapping[str, str], *, seed: int
) -> RationaleFigures:
    """Scores rationales; intervals by a bootstrap over questions, 1,000 draws.

    Args:
        name: the author.
        questions: questions with a reference.
        rationales: by question id; those of other questions are ignored.
        seed: of the bootstrap.

    Raises:
        UsageError: no question has a rationale.
        ModelError: `rouge-score` isn't installed.
    """
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError as error:
        raise ModelError("rouge-score isn't installed.", install_advice("evaluate")) from error
    import numpy as np

    scorer = RougeScorer(list(_ROUGE), use_stemmer=False)
    rows = []
    for question in questions:
        text = rationales.get(question.id)
        if text is None or question.reference is None:
            continue
        prediction, reference = _without_citations(text), _without_citations(question.reference.rationale)
        rouge = scorer.score(reference, prediction)
        gate_scores = _gate_scores(question, text)
        rows.append(
            (
                *(rouge[name].fmeasure for name in _ROUGE),
                *gate_scores,
                len(prediction.split()),
                len(reference.split()),
            )
        )
    if not rows:
        raise UsageError(
            "No question that has a reference rationale has a rationale to score.",
            "See that the ids are the data set's, and the config and split the ones asked.",
        )
    table = np.array(rows, float)
    generator = np.random.default_rng(seed)
    resamples = np.array(
        [table[generator.integers(0, len(table), len(table))].mean(axis=0) for _ in range(_DRAWS)]
    )
    low, high = np.percentile(resamples, [2.5, 97.5], axis=0)
    columns = (*_ROUGE, "precision", "coverage", "words", "reference_words")
    intervals: dict[str, Any] = {
        column: tuple(round(float(value), 4) for value in (mean, low[index], high[index]))
        for index, (column, mean) in enumerate(zip(columns, table.mean(axis=0), strict=True))
    }
    return RationaleFigures(name=name, rationales=len(rows), missing=len(questions) - len(rows), **intervals)


def markdown(results: Sequence[RationaleFigures]) -> str:
    """The figures as a Markdown table."""

    def cell(interval: Interval) -> str:
        return f"{interval[0]:.3f} ({interval[1]:.3f}-{interval[2]:.3f})"

    head = (
        "written by | rationales | missing | ROUGE-1 | ROUGE-2 | ROUGE-L | claims that hold | coverage | "
        "words"
    )
    lines = [f"| {head} |", "| --- " * 9 + "|"]
    lines += [
        f"| {row.name} | {row.rationales} | {row.missing} | {cell(row.rouge1)} | {cell(row.rouge2)} | "
        f"{cell(row.rougeL)} | {cell(row.precision)} | {cell(row.coverage)} | "
        f"{row.words[0]:.0f} (reference {row.reference_words[0]:.0f}) |"
        for row in results
    ]
    return "\n".join(lines) + "\n"


def _right_drug(question: Question) -> str:
    return question.reference.answer if question.reference else question.answers[0]


def _without_citations(text: str) -> str:
    return " ".join(_CITATION.sub("", text).split())


def _pair(question: Question) -> tuple[Entity, Entity]:
    id_ = _right_drug(question)
    name = next(candidate.name for candidate in question.candidates if candidate.id == id_)
    disease = question.disease
    return Entity(id=id_, kind="Drug", name=name), Entity(id=disease.id, kind="Disease", name=disease.name)


def _question_evidence(question: Question) -> tuple[list[Evidence], list[Evidence]]:
    items = [path.evidence() for path in question.paths(_right_drug(question))]
    return (
        [item for item in items if item.stance != "adverse"],
        [item for item in items if item.stance == "adverse"],
    )


def _gate_scores(question: Question, text: str) -> tuple[float, float]:
    """Share of sentences that hold, and share of the evidence's weight that they cite."""
    drug, disease = _pair(question)
    supporting, adverse = _question_evidence(question)
    reference_paths = question.reference.evidence if question.reference else ()
    cited_ids = {path.id for path in reference_paths if f"[{path.id}]" in text}
    supporting += [path.evidence() for path in reference_paths if path.id in cited_ids]
    checked = check(text, drug, disease, supporting, adverse)
    if checked.origin != "llm":  # no sentence holds, and the gate wrote its own
        return 0.0, 0.0
    return checked.precision or 0.0, checked.coverage


def _request(model: ChatModel, question: Question, seed: int) -> ChatRequest:
    supporting, adverse = _question_evidence(question)
    drug, disease = _pair(question)
    prompt = rationale_request(
        drug,
        disease,
        supporting,
        adverse,
        count_tokens=model.count_tokens,
        context=model.info.context,
        max_tokens=_MAX_TOKENS,
        seed=seed,
        grammar=model.info.grammars,
    )
    items = tuple(item for item in (*supporting, *adverse) if item.id in prompt.included)
    return replace(prompt, along=PathGrammar(drug, disease, items)).request
