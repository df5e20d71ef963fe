"""Runs answerers over a data set's questions and scores their choices.

Answers are stored beside the results, one file an answerer and split, named after everything they depend on
(digests of the split and the training split, the answerer, the model's weights, the graph, the seed, the
evidence shown): an interrupted run resumes, and a finished one is not repeated. Nothing is stored elsewhere,
since the questions may be a hospital's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.errors import DataError, UsageError
from kedrec.evaluation.selection_answerers import (
    Answerer,
    answer_at_random,
    frequency_answerer,
    graph_answers,
    stay_answerer,
)
from kedrec.evaluation.selection_asking import (
    BackgroundMode,
    BlindQuestion,
    CandidateKind,
    RankedAnswer,
    hide_label,
)
from kedrec.evaluation.selection_llm import choice_request, parse_answer
from kedrec.evaluation.selection_scores import SelectionFigures, score_answers
from kedrec.llm.selection_prompting import SELECTION_VERSION

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.dataset.hf_folder import DataSet, SplitName
    from kedrec.dataset.question_types import Question
    from kedrec.documents.passage_index import PassageIndex
    from kedrec.llm.base import ChatModel
    from kedrec.ranking import Ranker
    from kedrec.stores import GraphStore

__all__ = ["AnswererResources", "evaluate", "max_choices"]

_FORMAT = 1  # of the stored answers
_BATCH = 4  # requests to a model; the answers are stored after each batch


@dataclass(frozen=True)
class AnswererResources:
    """Resources of the answerers, each opened on first use.

    Attributes:
        store: opens the graph.
        ranker: opens the ranking of the full graph, for stays.
        model: opens the language model.
        index: the texts; None: none are shown.
    """

    store: Callable[[], GraphStore]
    ranker: Callable[[], Ranker]
    model: Callable[[], ChatModel]
    index: PassageIndex | None = None


def max_choices(dataset: DataSet, config: str) -> int:
    """Most candidates that may be chosen: one in expRxRec; for stays the training split's mean, rounded.

    It is the same for every answerer and question, so that knowing the number of answers gains nothing.
    """
    if dataset.kind != "mimic":
        return 1
    sizes = [len(question.answers) for question in dataset.questions(config, "train")]
    return max(round(sum(sizes) / len(sizes)), 1) if sizes else 1


def evaluate(
    dataset: DataSet,
    config: str,
    split: SplitName,
    answerers: Sequence[Answerer],
    means: AnswererResources,
    *,
    background: BackgroundMode = "none",
    among: CandidateKind = "all",
    limit: int | None = None,
    seed: int = 0,
    out: Path | None = None,
    progress: Progress | None = None,
) -> list[SelectionFigures]:
    """Computes each answerer's figures on one split.

    Args:
        dataset, config, split: the questions.
        answerers: the answerers to run.
        means: their resources.
        background: the texts that the language model reads; the other answerers read none.
        among: the only kind of wrong candidates to include.
        limit: number of questions, the first ones; None: all.
        seed: of orders, samples, the model and the bootstrap.
        out: folder for the stored answers; None: none are stored.
        progress: called question by question.

    Raises:
        UsageError: the split has no such question; or the data are credentialed, and the model may send
            them to others.
        DataError: the data set can't be read, or the answers can't be stored.
    """
    if "llm" in answerers:
        _check_model_is_local(dataset, means.model())
    most = max_choices(dataset, config)
    pairs = []
    for question in dataset.questions(config, split):
        texts = _texts(question, background, means.index)
        blind = hide_label(question, seed=seed, most=most, among=among, texts=texts)
        if blind is not None:
            pairs.append((question, blind))
        if limit is not None and len(pairs) >= limit:
            break
    if not pairs:
        raise UsageError(
            f"{config}/{split} of {dataset.folder} has no question with candidates of the kind '{among}'.",
            "Ask another split, or --among all.",
        )
    questions = [question for question, _ in pairs]
    blind_questions = [blind for _, blind in pairs]
    run = _SplitRun(dataset, config, split, means, blind_questions, seed, progress)
    results = []
    for name in answerers:
        shown = background if name == "llm" else "none"
        facts = [*run.facts(name), seed, shown, among, limit]
        answer_file = _AnswerFile(out, f"{name}-{config}-{split}", facts)
        answers = dict(answer_file.read({question.id: question for question in blind_questions}))
        unanswered = [question for question in blind_questions if question.id not in answers]
        if unanswered:
            with answer_file.appending() as write:
                for id_, answer in run.answers(name, unanswered):
                    answers[id_] = answer
                    write(id_, answer)
        description = {
            "config": config,
            "split": split,
            "answerer": name if name != "llm" else f"llm {means.model().info.name}",
            "background": shown,
            "among": among,
        }
        results.append(score_answers(description, questions, answers, most=most, seed=seed))
    return results


def _check_model_is_local(dataset: DataSet, model: ChatModel) -> None:
    """Refuses credentialed data to models that don't run on this machine.

    Raises:
        UsageError: the data are credentialed, and the model isn't local.
    """
    from kedrec.documents.notes import CREDENTIALED_LICENCE
    from kedrec.llm.locality import is_local

    if dataset.note.get("licence") == CREDENTIALED_LICENCE and not is_local(model.info):
        raise UsageError(
            f"{dataset.folder} is made from credentialed data, which {model.info.name} may send to others.",
            "Use a model that runs on this machine.",
        )


def _texts(
    question: Question, background: BackgroundMode, index: PassageIndex | None
) -> dict[str, list[tuple[str, str]]]:
    if background == "none" or index is None or not question.background:
        return {}
    from kedrec.dataset.rebuilt_texts import question_texts

    letters = {"trials": "T", "literature": "L", "both": "TL"}[background]
    texts: dict[str, list[tuple[str, str]]] = {}
    for text_reference in question_texts(question, index):
        if text_reference.text and text_reference.id[:1] in letters:
            texts.setdefault(text_reference.candidate, []).append(
                (text_reference.id, f"{text_reference.title} {text_reference.text}".strip())
            )
    return texts


@dataclass
class _SplitRun:
    """The answers to one split's questions."""

    dataset: DataSet
    config: str
    split: SplitName
    means: AnswererResources
    questions: Sequence[BlindQuestion]
    seed: int
    progress: Progress | None
    _by_graph: dict[str, dict[str, RankedAnswer]] | None = None

    def facts(self, name: Answerer) -> list[Any]:
        """Everything that an answerer's answers depend on, except the selection of questions."""
        splits: tuple[SplitName, ...] = (self.split, "train")
        digests = [self.dataset.digest(self.config, split) for split in splits]
        facts: list[Any] = [_FORMAT, name, *digests]
        if name in ("prior", "ranker"):
            facts.append(str(self.means.store().fingerprint()))
        if name == "llm":
            info = self.means.model().info
            facts += [SELECTION_VERSION, info.name, info.sha256, info.adapter]
        return facts

    def answers(
        self, name: Answerer, unanswered: Sequence[BlindQuestion]
    ) -> Iterator[tuple[str, RankedAnswer]]:
        """Yields question id and answer, one by one."""
        if name == "llm":
            yield from self._by_model(unanswered)
            return
        answer = self._answerer(name)
        for done, question in enumerate(unanswered):
            if self.progress is not None:
                self.progress(f"Answering: {name}", done, len(unanswered))
            yield question.id, answer(question)

    def _answerer(self, name: Answerer) -> Callable[[BlindQuestion], RankedAnswer]:
        if name == "random":
            return lambda question: answer_at_random(question, self.seed)
        if name == "frequency":
            return frequency_answerer(self.dataset.questions(self.config, "train"))
        if self.dataset.kind == "mimic":
            return stay_answerer(self.means.ranker(), name)
        if self._by_graph is None:  # one fit gives both answerers
            self._by_graph = graph_answers(
                self.means.store(), self.questions, self.config, self.seed, self.progress
            )
        answers = self._by_graph[name]
        return lambda question: answers[question.id]

    def _by_model(self, unanswered: Sequence[BlindQuestion]) -> Iterator[tuple[str, RankedAnswer]]:
        model = self.means.model()
        for start in range(0, len(unanswered), _BATCH):
            if self.progress is not None:
                self.progress("Answering: llm", start, len(unanswered))
            batch = unanswered[start : start + _BATCH]
            responses = model.chat_many([choice_request(model, question, self.seed) for question in batch])
            for question, response in zip(batch, responses, strict=True):
                yield question.id, parse_answer(question, response.text)


class _AnswerFile:
    """Stored answers of one answerer and split: JSON Lines, appended one by one."""

    def __init__(self, out: Path | None, name: str, facts: Sequence[Any]) -> None:
        key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
        self._path = None if out is None else out / f"answers-{name}-{key}.jsonl"

    def read(self, questions: Mapping[str, BlindQuestion]) -> Iterator[tuple[str, RankedAnswer]]:
        """Yields question id and stored answer; a truncated line of an interrupted run is skipped."""
        if self._path is None or not self._path.is_file():
            return
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError as error:
            raise DataError(
                f"{self._path} can't be read: {error.strerror}.", "Name another --out."
            ) from error
        for line in lines:
            try:
                row = json.loads(line)
                id_, answer = (
                    row["id"],
                    RankedAnswer(*(tuple(row[key]) for key in ("order", "chosen", "cited"))),
                )
            except (ValueError, KeyError, TypeError):
                continue
            question = questions.get(id_)
            if question and set(answer.order) == {candidate.id for candidate in question.candidates}:
                yield id_, answer

    @contextmanager
    def appending(self) -> Iterator[Callable[[str, RankedAnswer], None]]:
        """Yields a function that appends an answer."""
        if self._path is None:
            yield lambda _id, _answer: None
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write("\n")  # ends a truncated line of an interrupted run

                def write(id_: str, answer: RankedAnswer) -> None:
                    row = {"id": id_, "order": answer.order, "chosen": answer.chosen, "cited": answer.cited}
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
                    file.flush()

                yield write
        except OSError as error:
            raise DataError(
                f"{self._path} can't be written: {error.strerror or error}.", "Name another --out."
            ) from error
