"""Runs answerers over a data set's questions and scores their choices.

Answers are stored beside the results, one file an answerer and split, named after everything they depend on
(digests of the split and the training split, the answerer, the model's weights, the graph, the seed, the
evidence shown): an interrupted run resumes, and a finished one is not repeated. Nothing is stored elsewhere,
since the questions may be a hospital's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from kedrec.errors import UsageError
from kedrec.evaluation.selection_answerers import (
    READERS,
    Answerer,
    HiddenScores,
    answer_at_random,
    frequency_answerer,
    stay_answerer,
)
from kedrec.evaluation.selection_asking import (
    NOTHING_ELSE,
    BackgroundMode,
    BlindQuestion,
    CandidateKind,
    RankedAnswer,
    Shown,
    hide_label,
)
from kedrec.evaluation.selection_files import AnswerFile
from kedrec.evaluation.selection_llm import choice_request, judged_answer, judgement_prompts, parse_answer
from kedrec.evaluation.selection_minilm import MINILM_VERSION, minilm_answerer
from kedrec.evaluation.selection_scores import SelectionFigures, score_answers
from kedrec.evaluation.selection_signals import question_signals
from kedrec.evaluation.stacking import regime_of, stacked_answer, stacked_weights
from kedrec.llm.selection_prompting import JUDGEMENT_VERSION, SELECTION_VERSION

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.dataset.hf_folder import DataSet, SplitName
    from kedrec.dataset.question_types import Question
    from kedrec.documents.passage_index import PassageIndex
    from kedrec.evaluation.selection_minilm import VectorMemory
    from kedrec.llm.base import ChatModel, Message
    from kedrec.llm.choice_fit import ChoiceFit, StackedWeights
    from kedrec.ranking import Ranker
    from kedrec.stores import GraphStore

__all__ = ["AnswererResources", "SelectionRun", "evaluate", "max_choices"]

_Stored: TypeAlias = Answerer | Literal["places"]
_FORMAT = 2  # of the stored answers
_BATCH = 4  # requests to a model; the answers are stored after each batch


@dataclass(frozen=True)
class AnswererResources:
    """Resources of the answerers, each opened on first use.

    Attributes:
        store: opens the graph.
        ranker: opens the ranking of the full graph, for stays.
        model: opens the language model.
        index: the texts; None: none are shown.
        embedder: opens MiniLM; the same one each time, which remembers its vectors.
        choice: reads the model's regression of judgements.
    """

    store: Callable[[], GraphStore]
    ranker: Callable[[], Ranker]
    model: Callable[[], ChatModel]
    index: PassageIndex | None = None
    embedder: Callable[[], VectorMemory] | None = None
    choice: Callable[[], ChoiceFit] | None = None


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
    paths: bool = True,
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
        background: the texts that readers of evidence read; the other answerers read none.
        paths: False to show them no paths.
        among: the only kind of wrong candidates to include.
        limit: number of questions, the first ones; None: all.
        seed: of orders, samples, the model and the bootstrap.
        out: folder for the stored answers; None: none are stored.
        progress: called question by question.

    Raises:
        UsageError: the split has no such question; or the data are credentialed, and the model may send
            them to others.
        DataError: the data set can't be read, or the answers can't be stored.
        ModelError: `both` is asked for, and the model has no regression of judgements.
    """
    run = SelectionRun(
        dataset, config, split, means, among=among, limit=limit, seed=seed, out=out, progress=progress
    )
    return [run.figures(name, Shown(background, paths)) for name in answerers]


@dataclass
class SelectionRun:
    """The answers to one split's questions, each made once.

    Attributes:
        dataset, config, split, means, among, limit, seed, out, progress: as of `evaluate`.
        weights: of `both`; None: the model's stored ones.
    """

    dataset: DataSet
    config: str
    split: SplitName
    means: AnswererResources
    among: CandidateKind = "all"
    limit: int | None = None
    seed: int = 0
    out: Path | None = None
    progress: Progress | None = None
    weights: StackedWeights | None = None
    _hidden_scores: HiddenScores | None = None
    _asked: dict[Shown, list[BlindQuestion]] = field(default_factory=dict)
    _answers: dict[tuple[str, Shown], dict[str, RankedAnswer]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.most = max_choices(self.dataset, self.config)
        with_candidates = (
            question
            for question in self.dataset.questions(self.config, self.split)
            if hide_label(question, seed=self.seed, most=self.most, among=self.among) is not None
        )
        self.questions: list[Question] = list(islice(with_candidates, self.limit))
        if not self.questions:
            raise UsageError(
                f"{self.config}/{self.split} of {self.dataset.folder} has no question with candidates of "
                f"the kind '{self.among}'.",
                "Ask another split, or --among all.",
            )

    def asked(self, shown: Shown) -> list[BlindQuestion]:
        """The questions without their labels, with the evidence of a condition."""
        if shown not in self._asked:
            blinds = (self._hidden(question, shown) for question in self.questions)
            self._asked[shown] = [blind for blind in blinds if blind is not None]
        return self._asked[shown]

    def _hidden(self, question: Question, shown: Shown) -> BlindQuestion | None:
        """A question without its label; None where it has no wrong candidate of the kind."""
        return hide_label(
            question,
            seed=self.seed,
            most=self.most,
            among=self.among,
            texts=_texts(question, shown.background, self.means.index),
            paths=shown.paths,
            signals=question_signals(question, self.answers("places")[question.id].places)
            if shown.signal
            else None,
        )

    def figures(
        self, name: Answerer, shown: Shown = NOTHING_ELSE, chosen: Sequence[Question] | None = None
    ) -> SelectionFigures:
        """The figures of an answerer.

        Args:
            name, shown: as of `answers`.
            chosen: some of the run's questions, at least one; None: all.
        """
        answers = self.answers(name, shown)
        description = {
            "config": self.config,
            "split": self.split,
            "answerer": self._label(name),
            "background": shown.label if name in READERS else "none",
            "among": self.among,
        }
        questions = self.questions if chosen is None else chosen
        return score_answers(description, questions, answers, most=self.most, seed=self.seed)

    def answers(self, name: _Stored, shown: Shown = NOTHING_ELSE) -> dict[str, RankedAnswer]:
        """The answers by question id; stored ones aren't made again.

        Args:
            name: the answerer; "places": the ranking, with places (`HiddenScores.places`).
            shown: what it is shown, if it reads evidence.
        """
        shown = shown if name in READERS else NOTHING_ELSE
        if name == "both":
            return self._stacked(shown)
        if (name, shown) not in self._answers:
            if name in ("llm", "pointwise"):
                _check_model_is_local(self.dataset, self.means.model())
            asked = self.asked(shown)
            facts = [*self._facts(name), self.seed, shown.background, shown.paths, self.among]
            facts += [self._facts("places")] if shown.signal else []
            answer_file = AnswerFile(self.out, f"{name}-{self.config}-{self.split}", facts)
            answers = dict(answer_file.read({question.id: question for question in asked}))
            unanswered = [question for question in asked if question.id not in answers]
            if unanswered:
                with answer_file.appending() as write:
                    for id_, answer in self._new_answers(name, shown, unanswered):
                        answers[id_] = answer
                        write(id_, answer)
            self._answers[name, shown] = answers
        return self._answers[name, shown]

    def fitted_weights(self, shown: Shown) -> StackedWeights:
        """The weights of `both`, fitted on these questions.

        Raises:
            UsageError: the questions are of one group.
        """
        return stacked_weights(
            self.questions,
            self.answers("ranker"),
            self.answers("pointwise", shown),
            config=self.config,
            background=shown.background,
            most=self.most,
            seed=self.seed,
        )

    def _label(self, name: Answerer) -> str:
        return f"{name} {self.means.model().info.name}" if name in ("llm", "pointwise", "both") else name

    def _stacked(self, shown: Shown) -> dict[str, RankedAnswer]:
        weights = self.weights
        if weights is None and self.means.choice is not None:
            weights = self.means.choice().of(regime_of(self.config), shown.background)
        if weights is None:
            raise UsageError(
                f"No regression of {self._label('both')} was fitted for {self.config} with the background "
                f"'{shown.background}'.",
                "Fit it first: kedrec train choice.",
            )
        ranking, judged = self.answers("ranker"), self.answers("pointwise", shown)
        return {
            question.id: stacked_answer(question, ranking[question.id], judged[question.id], weights)
            for question in self.asked(shown)
        }

    def _facts(self, name: _Stored) -> list[Any]:
        """Everything that an answerer's answers depend on, except the selection of questions."""
        splits: tuple[SplitName, ...] = (self.split, "train")
        digests = [self.dataset.digest(self.config, split) for split in splits]
        facts: list[Any] = [_FORMAT, name, *digests]
        if name == "minilm":
            facts.append(MINILM_VERSION)
        if name in ("prior", "ranker", "places"):
            # What is hidden hangs on all questions that are asked.
            facts += [str(self.means.store().fingerprint()), self.limit]
        if name in ("llm", "pointwise"):
            info = self.means.model().info
            version = SELECTION_VERSION if name == "llm" else JUDGEMENT_VERSION
            facts += [version, info.name, info.sha256, info.adapter]
        return facts

    def _new_answers(
        self, name: _Stored, shown: Shown, unanswered: Sequence[BlindQuestion]
    ) -> Iterator[tuple[str, RankedAnswer]]:
        """Yields question id and answer, one by one."""
        if name == "llm":
            yield from self._by_model(unanswered)
            return
        answer = self._answerer(name, shown)
        for done, question in enumerate(unanswered):
            if self.progress is not None:
                self.progress(f"Answering: {name}", done, len(unanswered))
            yield question.id, answer(question)

    def _answerer(self, name: _Stored, shown: Shown) -> Callable[[BlindQuestion], RankedAnswer]:
        if name == "random":
            return lambda question: answer_at_random(question, self.seed)
        if name == "frequency":
            return frequency_answerer(self.dataset.questions(self.config, "train"))
        if name == "pointwise":
            known = self._judgements()
            return lambda question: judged_answer(self.means.model(), question, known)
        if name == "minilm":
            if self.means.embedder is None:
                raise UsageError("MiniLM wasn't opened.", "Leave 'minilm' out.")
            return self._by_minilm(self.means.embedder(), shown)
        if self.dataset.kind == "mimic":
            return stay_answerer(self.means.ranker(), name)
        asked, graph = self.asked(NOTHING_ELSE), self._graph()
        answers = graph.places(asked) if name == "places" else graph.answers(name, asked)
        return lambda question: answers[question.id]

    def _graph(self) -> HiddenScores:
        """The ranking without what is asked; one fit gives both answerers, and the places."""
        if self._hidden_scores is None:
            self._hidden_scores = HiddenScores.of(
                self.means.store(), self.asked(NOTHING_ELSE), self.config, self.seed, self.progress
            )
        return self._hidden_scores

    def _judgements(self) -> dict[tuple[Message, ...], float]:
        """The log-odds of the other conditions' judgements, by prompt: few candidates have every text."""
        known = {}
        for (name, shown), answers in self._answers.items():
            if name != "pointwise":
                continue
            for question in self.asked(shown):
                scores = answers[question.id].by_candidate
                for id_, messages in judgement_prompts(self.means.model(), question).items():
                    known[messages] = scores[id_]
        return known

    def _by_minilm(self, embedder: VectorMemory, shown: Shown) -> Callable[[BlindQuestion], RankedAnswer]:
        training, answers = [], {}
        for question in self.dataset.questions(self.config, "train"):
            blind = self._hidden(question, shown)
            if blind is not None:
                training.append(blind)
                answers[question.id] = question.answers
        if self.progress is not None:
            self.progress(f"Fitting MiniLM's control on {len(training)} training questions", 0, None)
        return minilm_answerer(embedder, training, answers)

    def _by_model(self, unanswered: Sequence[BlindQuestion]) -> Iterator[tuple[str, RankedAnswer]]:
        model = self.means.model()
        for start in range(0, len(unanswered), _BATCH):
            if self.progress is not None:
                self.progress("Answering: llm", start, len(unanswered))
            batch = unanswered[start : start + _BATCH]
            responses = model.chat_many([choice_request(model, question, self.seed) for question in batch])
            for question, response in zip(batch, responses, strict=True):
                yield question.id, parse_answer(question, response.text)


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
