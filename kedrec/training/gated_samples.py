"""Draws a model's own texts for training examples, and sorts them by the gate.

Rejection sampling: of several texts of one prompt, a whole one that says what the target says of the drug is
one to learn from; with a text that the gate strikes a sentence of, it is a preference. (RAFT: Dong et al.
2023, arXiv:2304.06767; DPO: Rafailov et al. 2023, arXiv:2305.18290.)
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TYPE_CHECKING

from kedrec.common.checked_files import disk_errors, replacement_file
from kedrec.errors import DataError
from kedrec.grounding import check, quality
from kedrec.grounding.verdict_table import states_verdict
from kedrec.grounding.verdict_words import means_studied
from kedrec.llm.base import Message
from kedrec.llm.prompting import rationale_request
from kedrec.training.base_model import message_fields
from kedrec.training.instruction import Instruction

if TYPE_CHECKING:
    from pathlib import Path

    from kedrec.common.progress import Progress
    from kedrec.llm.base import ChatModel, ChatRequest
    from kedrec.training.examples import Example

__all__ = ["PREFERENCES", "GatedSamples", "Preference", "draw_samples", "read_preferences", "save_samples"]

PREFERENCES = "preferences.jsonl"
"""The file of the preferences in a folder of samples."""
_TOKENS = 200  # as of answers
_BATCH = 4  # examples asked about at once


class _Verdict(IntEnum):
    """What a text says of the drug in the disease."""

    NONE = 0
    STUDIED = 1
    HOPEFUL = 2


@dataclass(frozen=True, slots=True)
class Preference:
    """Two texts for one prompt, of which the first is to become likelier than the second.

    Attributes:
        messages: the conversation up to the answer.
        chosen: a text whose every sentence holds.
        rejected: a text with a sentence that doesn't.
    """

    messages: tuple[Message, ...]
    chosen: str
    rejected: str


@dataclass(slots=True)
class GatedSamples:
    """The sorted texts.

    Attributes:
        instructions: prompts with a whole text, which cites the most of the evidence's weight.
        preferences: prompts with a whole and a struck text.
        texts: number of texts drawn.
        whole: number of those without a struck sentence that agree with their target.
    """

    instructions: list[Instruction] = field(default_factory=list)
    preferences: list[Preference] = field(default_factory=list)
    texts: int = 0
    whole: int = 0


def draw_samples(
    model: ChatModel,
    examples: Sequence[Example],
    *,
    texts: int,
    seed: int,
    temperature: float = 0.8,
    progress: Progress | None = None,
) -> GatedSamples:
    """Draws texts of each example and sorts them.

    Args:
        model: the model; best one with parallel slots.
        examples: with evidence and target.
        texts: of each example; the first is the likeliest one, the others are drawn.
        seed: of the first; each further text of an example has the next one.
        temperature: of the texts that are drawn, above 0.
        progress: called batch by batch.

    Raises:
        ModelError: the model failed.
    """
    result = GatedSamples()
    for start in range(0, len(examples), _BATCH):
        if progress is not None:
            progress("Drawing texts", start, len(examples))
        batch = examples[start : start + _BATCH]
        requests = [
            request for example in batch for request in _requests(model, example, texts, seed, temperature)
        ]
        answers = [answer.text.strip() for answer in model.chat_many(requests)]
        for index, example in enumerate(batch):
            messages = requests[index * texts].messages
            _sort(result, example, messages, answers[index * texts : (index + 1) * texts])
    return result


def _requests(
    model: ChatModel, example: Example, texts: int, seed: int, temperature: float
) -> list[ChatRequest]:
    first = rationale_request(
        example.drug,
        example.disease,
        example.evidence,
        example.adverse,
        count_tokens=model.count_tokens,
        context=model.info.context,
        max_tokens=_TOKENS,
        seed=seed,
        grammar=model.info.grammars,
    ).request
    drawn = [replace(first, seed=seed + number, temperature=temperature) for number in range(1, texts)]
    return [first, *drawn]


def _sort(
    result: GatedSamples, example: Example, messages: tuple[Message, ...], texts: Sequence[str]
) -> None:
    expected = _verdict(example.target)
    whole: list[tuple[float, str]] = []
    struck: list[tuple[float, str]] = []
    for text in dict.fromkeys(texts):
        rationale = check(text, example.drug, example.disease, example.evidence, example.adverse)
        held, coverage = quality(rationale)
        if held < 1:
            struck.append((held, text))
        elif _verdict(text) is expected:
            whole.append((coverage, text))
    result.texts += len(texts)
    result.whole += len(whole)
    if whole:
        chosen = max(whole, key=lambda pair: pair[0])[1]
        result.instructions.append(Instruction("own", messages, chosen))
        if struck:
            rejected = min(struck, key=lambda pair: pair[0])[1]
            result.preferences.append(Preference(messages, chosen, rejected))


def _verdict(text: str) -> _Verdict:
    if not states_verdict(text):
        return _Verdict.NONE
    return _Verdict.STUDIED if means_studied(text.casefold()) else _Verdict.HOPEFUL


def save_samples(samples: GatedSamples, tests: Sequence[Instruction], folder: Path) -> None:
    """Writes a data set of conversations, as `kedrec train --dataset` reads it, and the preferences.

    Args:
        samples: the training part.
        tests: the validation part.
        folder: created where missing.

    Raises:
        ModelError: the disk refuses.
    """
    with disk_errors(f"Writing {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        for split, items in (("train", samples.instructions), ("validation", tests)):
            rows = [{"messages": [*message_fields(item.messages), _answer(item.target)]} for item in items]
            _write(folder / f"{split}.jsonl", rows)
        _write(
            folder / PREFERENCES,
            [
                {
                    "prompt": message_fields(one.messages),
                    "chosen": [_answer(one.chosen)],
                    "rejected": [_answer(one.rejected)],
                }
                for one in samples.preferences
            ],
        )


def read_preferences(path: Path) -> list[Preference]:
    """Reads the preferences of a file.

    Raises:
        DataError: the file can't be read, or has none.
    """
    try:
        with path.open(encoding="utf-8") as file:
            rows = [json.loads(line) for line in file if line.strip()]
        preferences = [
            Preference(
                tuple(Message(turn["role"], turn["content"]) for turn in row["prompt"]),
                row["chosen"][0]["content"],
                row["rejected"][0]["content"],
            )
            for row in rows
        ]
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise DataError(
            f"{path} can't be read as preferences: {error}.", "Draw them: kedrec train samples."
        ) from error
    if not preferences:
        raise DataError(f"{path} has no preferences.", "Draw more texts: kedrec train samples --texts N.")
    return preferences


def _answer(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def _write(path: Path, rows: Sequence[object]) -> None:
    with replacement_file(path) as part:
        part.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
