"""A teacher that is a chat model: its rationales pass the gate, are kept, and are counted.

The model is asked as `kedrec ask` asks it, with what the question shows of its right drug. Only sentences
that hold go into the data set; where none does, the question has no reference. Every answer is kept in the
cache by what was asked of which model, so that nothing is paid for twice and a stopped build goes on.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.dataset.question_types import Question, Reference
from kedrec.dataset.questions import recited
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

_ANSWER_TOKENS = 200
_AT_ONCE = 8


class Teacher:
    """Writes the references that are missing.

    Args:
        model: any chat model; the caller closes it.
        cache_dir: where its answers are kept.
        seed: of its sampler, where it has one.
    """

    def __init__(self, model: ChatModel, cache_dir: Path, seed: int) -> None:
        self._model, self._seed = model, seed
        about = json.dumps([model.info.name, model.info.sha256])
        digest = hashlib.sha256(about.encode()).hexdigest()[:16]
        self._path = cache_dir / f"teacher-{digest}.jsonl"
        self._kept: dict[str, dict[str, Any]] = {}
        self._read()
        self._counts = dict.fromkeys(
            ("asked", "cached", "written", "refused", "prompt_tokens", "completion_tokens"), 0
        )

    def told(self) -> dict[str, Any]:
        """What it did: questions asked and answered from the cache, references written, answers of which
        nothing held, and the tokens of what was asked anew.
        """
        return {"model": self._model.info.name, **self._counts}

    def write(
        self, splits: Mapping[SplitName, Sequence[Question]], progress: Progress | None = None
    ) -> dict[SplitName, list[Question]]:
        """The same questions, those without a reference with the teacher's where what it wrote holds.

        Raises:
            ModelError: the model failed; what it answered before is kept.
            DataError: the disk refuses.
        """
        open_ones = [one for part in splits.values() for one in part if one.reference is None]
        found: dict[str, Reference] = {}
        done = 0
        for batch in _batches(open_ones):
            for question, reference in zip(batch, self._references(batch), strict=True):
                if reference is not None:
                    found[question.id] = reference
            done += len(batch)
            if progress is not None:
                progress("Asking the teacher", done, len(open_ones))
        return {
            split: [
                one.model_copy(update={"reference": found[one.id]}) if one.id in found else one
                for one in part
            ]
            for split, part in splits.items()
        }

    def _references(self, batch: Sequence[Question]) -> list[Reference | None]:
        asked = [_Asked(question) for question in batch]
        requests = [one.request(self._model, self._seed) if one.evidence else None for one in asked]
        keys = [_key(request) if request else "" for request in requests]
        new = {
            key: request
            for key, request in zip(keys, requests, strict=True)
            if request and key not in self._kept
        }
        self._counts["cached"] += sum(bool(key) and key not in new for key in keys)
        if new:
            self._ask(new)
        return [self._reference(one, key) for one, key in zip(asked, keys, strict=True)]

    def _ask(self, requests: Mapping[str, ChatRequest]) -> None:
        answers = self._model.chat_many(list(requests.values()))
        lines = []
        for key, answer in zip(requests, answers, strict=True):
            self._kept[key] = {"key": key, "text": answer.text}
            lines.append(json.dumps(self._kept[key], ensure_ascii=False) + "\n")
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

    def _reference(self, asked: _Asked, key: str) -> Reference | None:
        if not key:
            return None
        rationale = check(
            self._kept[key]["text"],
            asked.drug,
            asked.disease,
            asked.evidence,
            asked.adverse,
            model=self._model.info.name,
        )
        if rationale.origin != "llm":
            self._counts["refused"] += 1
            return None
        self._counts["written"] += 1
        return Reference(
            answer=asked.drug.id,
            rationale=recited(rationale.text, asked.ids),
            teacher=f"chat:{self._model.info.name}",
        )

    def _read(self) -> None:
        try:
            content = self._path.read_bytes()
            whole = content.rfind(b"\n") + 1
            if whole < len(content):  # a line that was cut off: its question is asked again
                os.truncate(self._path, whole)
            for line in content[:whole].splitlines():
                kept = json.loads(line)
                self._kept[kept["key"]] = kept
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{self._path} can't be read: {error}.", "Delete it; the teacher is then asked again."
            ) from error


class _Asked:
    """A question's right drug with what is shown of it, under ids of its own (`P1`...)."""

    def __init__(self, question: Question) -> None:
        right = question.answers[0]
        name = next(one.name for one in question.candidates if one.id == right)
        self.drug = Entity(id=right, kind="Drug", name=name)
        self.disease = Entity(id=question.disease.id, kind="Disease", name=question.disease.name)
        self.ids: dict[str, str] = {}
        items = list(self._numbered(path.evidence() for path in question.paths(right)))
        self.evidence = tuple(item for item in items if item.stance == "supports")
        self.adverse = tuple(item for item in items if item.stance == "adverse")

    def request(self, model: ChatModel, seed: int) -> ChatRequest:
        """What `kedrec ask` would send."""
        return rationale_request(
            self.drug,
            self.disease,
            self.evidence,
            self.adverse,
            count_tokens=model.count_tokens,
            context=model.info.context,
            max_tokens=_ANSWER_TOKENS,
            seed=seed,
            grammar=model.info.grammars,
        ).request

    def _numbered(self, items: Iterable[Evidence]) -> Iterator[Evidence]:
        counts = {"P": 0, "A": 0}
        for item in items:
            counts[item.id[0]] += 1
            own = f"{item.id[0]}{counts[item.id[0]]}"
            self.ids[own] = item.id
            yield item.model_copy(update={"id": own})


def _key(request: ChatRequest) -> str:
    told = [[message.role, message.content] for message in request.messages]
    content = json.dumps([told, request.max_tokens, request.seed, request.grammar, request.stop])
    return hashlib.sha256(content.encode()).hexdigest()


def _batches(questions: Sequence[Question]) -> Iterator[Sequence[Question]]:
    for start in range(0, len(questions), _AT_ONCE):
        yield questions[start : start + _AT_ONCE]
