"""How near written rationales are to a data set's reference ones, and how much of them its evidence holds.

ROUGE (Lin 2004) is `rouge-score`'s, without a stemmer; citations are taken out of both texts first, so that
equal ids count for nothing. What is said is checked by the gate (`kedrec.grounding`) against the paths that
the question shows of the right drug, and those of the reference's own that the text cites.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.errors import DataError, ModelError, UsageError
from kedrec.grounding import check
from kedrec.llm.prompting import rationale_request
from kedrec.types import Entity, Evidence

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.dataset.question_types import Question
    from kedrec.evaluation.selection_scores import Interval
    from kedrec.llm.base import ChatModel

__all__ = ["RationaleFigures", "markdown", "measured", "read_predictions", "with_reference", "written_by"]

_ROUGE = ("rouge1", "rouge2", "rougeL")
# Blanks are tried once from the start of their run.
_CITATION = re.compile(r"(?<!\s)\s*+\[[A-Z]\d++(?:,\s*+[A-Z]\d++)*+\]")
_DRAWS = 1000
_MAX_TOKENS = 256
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class RationaleFigures:
    """The figures of some rationales; means over questions with 95 % intervals.

    Attributes:
        name: who wrote them.
        rationales: how many were scored.
        missing: questions with a reference and no rationale.
        rouge1, rouge2, rougeL: F1 against the reference.
        precision: share of sentences that hold; a rationale without a sentence has 0.
        coverage: share of the evidence's weight that holding sentences cite.
        words: without citations.
        reference_words: the reference's.
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

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain data."""
        return asdict(self)


def with_reference(questions: Iterator[Question], limit: int | None = None) -> list[Question]:
    """The questions that have a reference rationale."""
    found: list[Question] = []
    for one in questions:
        if one.reference is not None and one.reference.rationale:
            found.append(one)
        if limit is not None and len(found) >= limit:
            break
    return found


def read_predictions(path: Path) -> dict[str, str]:
    """Rationales by question's id from JSON Lines of `id` and `rationale`.

    Raises:
        DataError: the file can't be read, or a line has not the two.
    """
    found: dict[str, str] = {}
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
                found[id_] = text
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} can't be read: {error}.", "Give a file in UTF-8.") from error
    return found


def written_by(
    model: ChatModel, questions: Sequence[Question], seed: int, progress: Progress | None = None
) -> Iterator[tuple[str, str]]:
    """What a model writes of each question's right drug, with the question's id, as it comes.

    Raises:
        ModelError: the model failed.
    """
    asked = [one for one in questions if one.paths(_answer(one))]
    for begin in range(0, len(asked), _AT_ONCE):
        if progress is not None:
            progress("Writing rationales", begin, len(asked))
        some = asked[begin : begin + _AT_ONCE]
        requests = [_request(model, one, seed) for one in some]
        for one, response in zip(some, model.chat_many(requests), strict=True):
            yield one.id, response.text


def measured(
    name: str, questions: Sequence[Question], rationales: Mapping[str, str], *, seed: int
) -> RationaleFigures:
    """The figures of some rationales, by a bootstrap over questions, 1,000 draws.

    Args:
        name: who wrote them.
        questions: those with a reference.
        rationales: by question's id; others of the file are passed over.
        seed: of the bootstrap.

    Raises:
        UsageError: no question has a rationale.
        ModelError: `rouge-score` isn't installed.
    """
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError as error:
        raise ModelError(
            "rouge-score isn't installed.", "Install it with: pip install 'kedrec[evaluate]'"
        ) from error
    import numpy as np

    scorer = RougeScorer(list(_ROUGE), use_stemmer=False)
    rows = []
    for one in questions:
        text = rationales.get(one.id)
        if text is None or one.reference is None:
            continue
        said, wanted = _bare(text), _bare(one.reference.rationale)
        rouge = scorer.score(wanted, said)
        held = _checked(one, text)
        rows.append(
            (*(rouge[name].fmeasure for name in _ROUGE), *held, len(said.split()), len(wanted.split()))
        )
    if not rows:
        raise UsageError(
            "No question that has a reference rationale has a rationale to score.",
            "See that the ids are the data set's, and the config and split the ones asked.",
        )
    table = np.array(rows, float)
    draw = np.random.default_rng(seed)
    drawn = np.array([table[draw.integers(0, len(table), len(table))].mean(axis=0) for _ in range(_DRAWS)])
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    columns = (*_ROUGE, "precision", "coverage", "words", "reference_words")
    intervals: dict[str, Any] = {
        column: tuple(round(float(value), 4) for value in (mean, low[at], high[at]))
        for at, (column, mean) in enumerate(zip(columns, table.mean(axis=0), strict=True))
    }
    return RationaleFigures(name=name, rationales=len(rows), missing=len(questions) - len(rows), **intervals)


def markdown(results: Sequence[RationaleFigures]) -> str:
    """The figures as a table."""

    def told(figure: Interval) -> str:
        return f"{figure[0]:.3f} ({figure[1]:.3f}-{figure[2]:.3f})"

    head = (
        "written by | rationales | missing | ROUGE-1 | ROUGE-2 | ROUGE-L | claims that hold | coverage | "
        "words"
    )
    lines = [f"| {head} |", "| --- " * 9 + "|"]
    lines += [
        f"| {one.name} | {one.rationales} | {one.missing} | {told(one.rouge1)} | {told(one.rouge2)} | "
        f"{told(one.rougeL)} | {told(one.precision)} | {told(one.coverage)} | "
        f"{one.words[0]:.0f} (reference {one.reference_words[0]:.0f}) |"
        for one in results
    ]
    return "\n".join(lines) + "\n"


def _answer(question: Question) -> str:
    return question.reference.answer if question.reference else question.answers[0]


def _bare(text: str) -> str:
    return " ".join(_CITATION.sub("", text).split())


def _pair(question: Question) -> tuple[Entity, Entity]:
    id_ = _answer(question)
    name = next(one.name for one in question.candidates if one.id == id_)
    disease = question.disease
    return Entity(id=id_, kind="Drug", name=name), Entity(id=disease.id, kind="Disease", name=disease.name)


def _shown(question: Question) -> tuple[list[Evidence], list[Evidence]]:
    items = [path.evidence() for path in question.paths(_answer(question))]
    return (
        [item for item in items if item.stance != "adverse"],
        [item for item in items if item.stance == "adverse"],
    )


def _checked(question: Question, text: str) -> tuple[float, float]:
    """Share of sentences that hold, and of the evidence's weight that they cite."""
    drug, disease = _pair(question)
    supporting, adverse = _shown(question)
    own = question.reference.evidence if question.reference else ()
    cited = {path.id for path in own if f"[{path.id}]" in text}
    supporting += [path.evidence() for path in own if path.id in cited]
    found = check(text, drug, disease, supporting, adverse)
    if found.origin != "llm":  # nothing that was said holds, and the gate spoke itself
        return 0.0, 0.0
    return found.precision or 0.0, found.coverage


def _request(model: ChatModel, question: Question, seed: int) -> Any:
    supporting, adverse = _shown(question)
    drug, disease = _pair(question)
    return rationale_request(
        drug,
        disease,
        supporting,
        adverse,
        count_tokens=model.count_tokens,
        context=model.info.context,
        max_tokens=_MAX_TOKENS,
        seed=seed,
        grammar=model.info.grammars,
    ).request
