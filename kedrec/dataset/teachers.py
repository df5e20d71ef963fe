"""A chat model as teacher: writes reference rationales, filtered by the gate and cached.

The model gets the prompt of `kedrec ask`, with the question's evidence on its right drug. Only sentences that
hold go into the data set; where none does, the question has no reference. Every answer is cached by model
and prompt, so that nothing is paid for twice and a stopped build resumes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.answers.rationales import ANSWER_TOKENS
from kedrec.dataset.question_types import Question, Reference
from kedrec.dataset.questions import renumber_citations
from kedrec.errors import DataError
from kedrec.grounding import check
from kedrec.llm.prompting import rationale_request
from kedrec.types import Entity

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.dataset.hf_folder import SplitName
    from kedrec.llm.base import ChatModel, ChatRequest
    from kedrec.types import Evidence

__all__ = ["Teacher"]

_BATCH_SIZE = 8


class Teacher:
    """Writes missing references.

    Args:
        model: any chat model; the caller closes it.
        cache_dir: folder of the cached answers.
        seed: of its sampler, where it has one.
    """

    def __init__(self, model: ChatModel, cache_dir: Path, seed: int) -> None:
        self._model, self._seed = model, seed
        identity = json.dumps([model.info.name, model.info.sha256])
        digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
        self._path = cache_dir / f"teacher-{digest}.jsonl"
        self._answers: dict[str, dict[str, Any]] = {}
        self._read()
        self._counts = dict.fromkeys(
            ("asked", "cached", "written", "refused", "prompt_tokens", "completion_tokens"), 0
        )

    def summary(self) -> dict[str, Any]:
        """Counts of the work done, by name.

        `asked` and `cached` questions, `written` references, `refused` answers without a sentence that holds,
        and the tokens of the questions asked.
        """
        return {"model": self._model.info.name, **self._counts}

    def write(
        self, splits: Mapping[SplitName, Sequence[Question]], progress: Progress | None = None
    ) -> dict[SplitName, list[Question]]:
        """Adds the teacher's references to questions without one, where its answer holds.

        Raises:
            ModelError: the model failed; its earlier answers stay cached.
            DataError: the disk refuses.
        """
        unanswered = [
            question for questions in splits.values() for question in questions if question.reference is None
        ]
        references: dict[str, Reference] = {}
        done = 0
        for batch in _batches(unanswered):
            for question, reference in zip(batch, self._references(batch), strict=True):
                if reference is not None:
                    references[question.id] = reference
            done += len(batch)
            if progress is not None:
                progress("Asking the teacher", done, len(unanswered))
        return {
            split: [
                question.model_copy(update={"reference": references[question.id]})
                if question.id in references
                else question
                for question in questions
            ]
            for split, questions in splits.items()
        }

    def _references(self, batch: Sequence[Question]) -> list[Reference | None]:
        right_drugs = [_RightDrugPrompt(question) for question in batch]
        requests = [
            right_drug.request(self._model, self._seed) if right_drug.evidence else None
            for right_drug in right_drugs
        ]
        keys = [_key(request) if request else "" for request in requests]
        new = {
            key: request
            for key, request in zip(keys, requests, strict=True)
            if request and key not in self._answers
        }
        self._counts["cached"] += sum(bool(key) and key not in new for key in keys)
        if new:
            self._ask(new)
        return [self._reference(right_drug, key) for right_drug, key in zip(right_drugs, keys, strict=True)]

    def _ask(self, requests: Mapping[str, ChatRequest]) -> None:
        answers = self._model.chat_many(list(requests.values()))
        lines = []
        for key, answer in zip(requests, answers, strict=True):
            self._answers[key] = {"key": key, "text": answer.text}
            lines.append(json.dumps(self._answers[key], ensure_ascii=False) + "\n")
            self._counts["asked"] += 1
            self._counts["prompt_tokens"] += answer.prompt_tokens
            self._counts["completion_tokens"] += answer.completion_tokens
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.writelines(lines)
        except OSError as error:
            raise DataError(
                f"Writing {self._path} failed: {error.strerror or error}.",
                "Make room on the disk and run the command again; it goes on where it stopped.",
            ) from error

    def _reference(self, right_drug: _RightDrugPrompt, key: str) -> Reference | None:
        if not key:
            return None
        rationale = check(
            self._answers[key]["text"],
            right_drug.drug,
            right_drug.disease,
            right_drug.evidence,
            right_drug.adverse,
            model=self._model.info.name,
        )
        if rationale.origin != "llm":
            self._counts["refused"] += 1
            return None
        self._counts["written"] += 1
        return Reference(
            answer=right_drug.drug.id,
            rationale=renumber_citations(rationale.text, right_drug.ids),
            teacher=f"chat:{self._model.info.name}",
        )

    def _read(self) -> None:
        try:
            content = self._path.read_bytes()
            complete = content.rfind(b"\n") + 1
            if complete < len(content):  # an incomplete last line: its question is asked again
                os.truncate(self._path, complete)
            for line in content[:complete].splitlines():
                answer = json.loads(line)
                self._answers[answer["key"]] = answer
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{self._path} can't be read: {error}.", "Delete it; the teacher is then asked again."
            ) from error


class _RightDrugPrompt:
    """A question's right drug and its evidence, renumbered for the prompt (`P1`...).

    Attributes:
        ids: id in the prompt -> id in the question.
    """

    def __init__(self, question: Question) -> None:
        right = question.answers[0]
        name = next(candidate.name for candidate in question.candidates if candidate.id == right)
        self.drug = Entity(id=right, kind="Drug", name=name)
        self.disease = Entity(id=question.disease.id, kind="Disease", name=question.disease.name)
        self.ids: dict[str, str] = {}
        items = list(self._numbered(path.evidence() for path in question.paths(right)))
        self.evidence = tuple(item for item in items if item.stance == "supports")
        self.adverse = tuple(item for item in items if item.stance == "adverse")

    def request(self, model: ChatModel, seed: int) -> ChatRequest:
        """The request that `kedrec ask` would send."""
        return rationale_request(
            self.drug,
            self.disease,
            self.evidence,
            self.adverse,
            count_tokens=model.count_tokens,
            context=model.info.context,
            max_tokens=ANSWER_TOKENS,
            seed=seed,
            grammar=model.info.grammars,
        ).request

    def _numbered(self, items: Iterable[Evidence]) -> Iterator[Evidence]:
        counts = {"P": 0, "A": 0}
        for item in items:
            counts[item.id[0]] += 1
            prompt_id = f"{item.id[0]}{counts[item.id[0]]}"
            self.ids[prompt_id] = item.id
            yield item.model_copy(update={"id": prompt_id})


def _key(request: ChatRequest) -> str:
    messages = [[message.role, message.content] for message in request.messages]
    content = json.dumps([messages, request.max_tokens, request.seed, request.grammar, request.stop])
    return hashlib.sha256(content.encode()).hexdigest()


def _batches(questions: Sequence[Question]) -> Iterator[Sequence[Question]]:
    for start in range(0, len(questions), _BATCH_SIZE):
        yield questions[start : start + _BATCH_SIZE]
