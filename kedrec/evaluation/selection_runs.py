"""Lets answerers choose among the candidates of a data set's questions, and counts what is right.

Answers are kept beside the results, one file an answerer and split, named after everything they depend on
(the split's and the training part's digest, the answerer, the model's weights, the graph, the seed, what was
shown): a run that was stopped goes on, and one that was made is not made again. Nothing is kept elsewhere,
since what is asked may be a hospital's.
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
    by_chance,
    by_frequency,
    by_graph,
    by_graph_of_stays,
)
from kedrec.evaluation.selection_asking import Among, Answer, Asked, BackgroundMode, asked_of
from kedrec.evaluation.selection_llm import PROMPT, request_of, told
from kedrec.evaluation.selection_scores import Figures, figures_of

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.dataset.hf_folder import DataSet, SplitName
    from kedrec.dataset.question_types import Question
    from kedrec.documents.passage_index import PassageIndex
    from kedrec.llm.base import ChatModel
    from kedrec.ranking import Ranker
    from kedrec.stores import GraphStore

__all__ = ["Means", "evaluate", "most_of"]

_FORMAT = 1  # of the kept answers
_AT_ONCE = 4  # requests to a model; what they give is kept after each lot


@dataclass(frozen=True)
class Means:
    """What the answerers work with; what is asked for is opened when it is first needed.

    Attributes:
        store: opens the graph; its ranking and model likewise.
        ranker: opens the ranking of the whole graph, for stays.
        model: opens the language model.
        index: the texts, where any are to be shown.
    """

    store: Callable[[], GraphStore]
    ranker: Callable[[], Ranker]
    model: Callable[[], ChatModel]
    index: PassageIndex | None = None


def most_of(dataset: DataSet, config: str) -> int:
    """How many candidates may be chosen: one in expRxRec; of a stay the training part's mean, rounded.

    Every answerer may choose as many, so that none gains by knowing how many answers a question has.
    """
    if dataset.kind != "mimic":
        return 1
    sizes = [len(one.answers) for one in dataset.questions(config, "train")]
    return max(round(sum(sizes) / len(sizes)), 1) if sizes else 1


def evaluate(
    dataset: DataSet,
    config: str,
    split: SplitName,
    answerers: Sequence[Answerer],
    means: Means,
    *,
    background: BackgroundMode = "none",
    among: Among = "all",
    limit: int | None = None,
    seed: int = 0,
    out: Path | None = None,
    progress: Progress | None = None,
) -> list[Figures]:
    """Each answerer's figures on one split.

    Args:
        dataset, config, split: what is asked.
        answerers: who answers.
        means: what they work with.
        background: the texts that the model reads; nobody else reads any.
        among: only wrong candidates of that kind.
        limit: ask only the first so many questions.
        seed: of orders, samples, the model and the bootstrap.
        out: folder of the answers that are kept; None: keep none.
        progress: called question by question.

    Raises:
        UsageError: the split has no question to ask; or the data are credentialed, and the model may send
            them to others.
        DataError: the data set can't be read, or the answers can't be kept.
    """
    if "llm" in answerers:
        _keep_here(dataset, means.model())
    most = most_of(dataset, config)
    pairs = []
    for question in dataset.questions(config, split):
        texts = _texts(question, background, means.index)
        asked = asked_of(question, seed=seed, most=most, among=among, texts=texts)
        if asked is not None:
            pairs.append((question, asked))
        if limit is not None and len(pairs) >= limit:
            break
    if not pairs:
        raise UsageError(
            f"{config}/{split} of {dataset.folder} has no question with candidates of the kind '{among}'.",
            "Ask another split, or --among all.",
        )
    questions, every = [one for one, _ in pairs], [one for _, one in pairs]
    work = _Work(dataset, config, split, means, every, seed, progress)
    results = []
    for name in answerers:
        shown = background if name == "llm" else "none"
        facts = [*work.facts(name), seed, shown, among, limit]
        kept = _Kept(out, f"{name}-{config}-{split}", facts)
        answers = dict(kept.read({one.id: one for one in every}))
        missing = [one for one in every if one.id not in answers]
        if missing:
            with kept.written() as write:
                for id_, answer in work.answered(name, missing):
                    answers[id_] = answer
                    write(id_, answer)
        about = {
            "config": config,
            "split": split,
            "answerer": name if name != "llm" else f"llm {means.model().info.name}",
            "background": shown,
            "among": among,
        }
        results.append(figures_of(about, questions, answers, most=most, seed=seed))
    return results


def _keep_here(dataset: DataSet, model: ChatModel) -> None:
    """Keeps credentialed data from models that run elsewhere.

    Raises:
        UsageError: the model may send what it reads to somebody else.
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
    from kedrec.dataset.rebuilt_texts import texts_of

    letters = {"trials": "T", "literature": "L", "both": "TL"}[background]
    shown: dict[str, list[tuple[str, str]]] = {}
    for one in texts_of(question, index):
        if one.text and one.id[:1] in letters:
            shown.setdefault(one.candidate, []).append((one.id, f"{one.title} {one.text}".strip()))
    return shown


@dataclass
class _Work:
    """The answers to one split's questions."""

    dataset: DataSet
    config: str
    split: SplitName
    means: Means
    every: Sequence[Asked]
    seed: int
    progress: Progress | None
    _by_graph: dict[str, dict[str, Answer]] | None = None

    def facts(self, name: Answerer) -> list[Any]:
        """Everything that an answerer's answers depend on, but for what is asked."""
        splits: tuple[SplitName, ...] = (self.split, "train")
        digests = [self.dataset.digest(self.config, split) for split in splits]
        facts: list[Any] = [_FORMAT, name, *digests]
        if name in ("prior", "ranker"):
            facts.append(str(self.means.store().fingerprint()))
        if name == "llm":
            info = self.means.model().info
            facts += [PROMPT, info.name, info.sha256, info.adapter]
        return facts

    def answered(self, name: Answerer, missing: Sequence[Asked]) -> Iterator[tuple[str, Answer]]:
        """Each answer with its question's id, as they come."""
        if name == "llm":
            yield from self._by_model(missing)
            return
        answer = self._answerer(name)
        for done, asked in enumerate(missing):
            if self.progress is not None:
                self.progress(f"Answering: {name}", done, len(missing))
            yield asked.id, answer(asked)

    def _answerer(self, name: Answerer) -> Callable[[Asked], Answer]:
        if name == "random":
            return lambda asked: by_chance(asked, self.seed)
        if name == "frequency":
            return by_frequency(self.dataset.questions(self.config, "train"))
        if self.dataset.kind == "mimic":
            return by_graph_of_stays(self.means.ranker(), name)
        if self._by_graph is None:  # both methods come out of one fit
            self._by_graph = by_graph(self.means.store(), self.every, self.config, self.seed, self.progress)
        found = self._by_graph[name]
        return lambda asked: found[asked.id]

    def _by_model(self, missing: Sequence[Asked]) -> Iterator[tuple[str, Answer]]:
        model = self.means.model()
        for begin in range(0, len(missing), _AT_ONCE):
            if self.progress is not None:
                self.progress("Answering: llm", begin, len(missing))
            some = missing[begin : begin + _AT_ONCE]
            responses = model.chat_many([request_of(model, asked, self.seed) for asked in some])
            for asked, response in zip(some, responses, strict=True):
                yield asked.id, told(asked, response.text)


class _Kept:
    """The answers of one run on disk, a line each, written as they come."""

    def __init__(self, out: Path | None, name: str, facts: Sequence[Any]) -> None:
        key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
        self._path = None if out is None else out / f"answers-{name}-{key}.jsonl"

    def read(self, every: Mapping[str, Asked]) -> Iterator[tuple[str, Answer]]:
        """The answers there are; a line that a stopped run left half-written is passed over."""
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
                id_, answer = row["id"], Answer(*(tuple(row[key]) for key in ("order", "chosen", "cited")))
            except (ValueError, KeyError, TypeError):
                continue
            asked = every.get(id_)
            if asked and set(answer.order) == {one.id for one in asked.candidates}:
                yield id_, answer

    @contextmanager
    def written(self) -> Iterator[Callable[[str, Answer], None]]:
        """Gives what adds an answer."""
        if self._path is None:
            yield lambda _id, _answer: None
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write("\n")  # ends a line that a stopped run may have left

                def write(id_: str, answer: Answer) -> None:
                    row = {"id": id_, "order": answer.order, "chosen": answer.chosen, "cited": answer.cited}
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
                    file.flush()

                yield write
        except OSError as error:
            raise DataError(
                f"{self._path} can't be written: {error.strerror or error}.", "Name another --out."
            ) from error
