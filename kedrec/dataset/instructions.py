"""Builds instructions from a data set's questions, with the prompts that answering uses.

A user's own folder may have instructions instead: `train.jsonl` and `validation.jsonl`, a conversation a line
(`{"messages": [{"role": ..., "content": ...}, ...]}`), the answer last.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from kedrec.dataset.asked_answers import asked_answers, training_question
from kedrec.dataset.hf_folder import DataSet, SplitName
from kedrec.dataset.judgement_instructions import judgements
from kedrec.dataset.rebuilt_texts import text_evidence
from kedrec.errors import DataError, NotFoundError
from kedrec.grounding.reasons import contraindication_item
from kedrec.llm.base import Message
from kedrec.llm.prompting import rationale_request
from kedrec.llm.selection_prompting import choice_text, contrast_messages, selection_messages
from kedrec.training.contrasts import write_contrast
from kedrec.training.instruction import Instruction
from kedrec.training.path_choice import Strength, select, strength
from kedrec.training.targets import write_target
from kedrec.types import Entity

if TYPE_CHECKING:
    from kedrec.dataset.question_types import CitedPath, NamedEntity, Question, TextPointer
    from kedrec.documents.passage_index import PassageIndex
    from kedrec.llm.graph_signal import GraphSignal
    from kedrec.types import Evidence

__all__ = ["KINDS", "InstructionSet", "Kind", "QuestionSignals", "read_instructions"]

QuestionSignals: TypeAlias = "Callable[[Sequence[Question]], Mapping[str, Mapping[str, GraphSignal]]]"
"""Gives what the graph says of questions' candidates in numbers, by question and candidate."""
Kind: TypeAlias = Literal[
    "rationale", "weak", "contraindication", "contrast", "selection", "judgement", "abstention"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""What an instruction teaches: to explain the right drug; to claim little where the evidence is weak; to name
a contraindication and give no verdict; to say why one drug and not another; to choose; to judge one drug by
its evidence; to say that nothing shown bears on it."""

_FEWEST_PATHS = 2  # of a rationale; with fewer a model is asked all the same, but learns little
_MOST_WEAK = 1  # wrong candidates of a question that are told; there are many, and their targets are alike
_CHARACTERS = 240  # of a path in a choice
_MOST_CONTRASTED = 3  # paths of either drug in a contrast
_ROLES = ("system", "user", "assistant")


@dataclass(slots=True)
class InstructionSet:
    """The instructions of one split.

    Attributes:
        items: the instructions, in the questions' order.
        skipped: number of rows or pairs that gave none, by reason.
    """

    items: list[Instruction] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def kinds(self) -> dict[str, int]:
        """Number of instructions by kind."""
        return dict(sorted(Counter(item.kind for item in self.items).items()))


def read_instructions(
    folder: Path,
    split: SplitName,
    *,
    config: str = "",
    kinds: Sequence[Kind] = KINDS,
    seed: int = 0,
    index: PassageIndex | None = None,
    licences: Collection[str] | None = None,
    signals: QuestionSignals | None = None,
) -> InstructionSet:
    """The instructions of a data set's split; the same data and seed give the same ones.

    Args:
        folder: a data set of `kedrec dataset build`, or the user's own with conversations.
        split: the split.
        config: of the data set; "": `unseen_disease` where it has that, else the first, and for training only
            what validation and test of no config ask for.
        kinds: the kinds to build.
        seed: draws words, numbers of paths, order and ids.
        index: texts that the data set points to, which then stand in prompts and targets; None: paths alone.
        licences: of what may be shown: a path each of whose links is stated under one of them, and a text;
            None: any.
        signals: gives the signals of the questions; half of the judgements are told them. None: none is.

    Raises:
        NotFoundError: the folder has no such split.
        DataError: a file can't be read, or gives no instruction.
    """
    if (folder / "kedrec.json").is_file():
        dataset = DataSet(folder)
        name = config or ("unseen_disease" if "unseen_disease" in dataset.configs else dataset.configs[0])
        questions = dataset.questions(name, split)
        if split == "train" and not config:
            asked = asked_answers(dataset)
            reduced = (training_question(question, asked) for question in questions)
            questions = (question for question in reduced if question is not None)
        if licences is not None:
            questions = (_licensed(question, licences) for question in questions)
        shown = list(questions)
        result = _from_questions(shown, kinds, seed, index, signals(shown) if signals else {})
    else:
        result = _from_conversations(folder / f"{split}.jsonl")
    if not result.items and split == "train":
        reasons = ", ".join(f"{count} {reason}" for reason, count in result.skipped.items())
        raise DataError(
            f"The split {split} of {folder} gives no instruction{f' ({reasons})' if reasons else ''}.",
            "Build the data set with more questions, or see its answers.",
        )
    return result


def _from_conversations(path: Path) -> InstructionSet:
    result = InstructionSet()
    try:
        with path.open(encoding="utf-8") as file:
            for line in file:
                if not line.strip():
                    continue
                try:
                    turns = [Message(turn["role"], turn["content"]) for turn in json.loads(line)["messages"]]
                    valid = all(turn.role in _ROLES and isinstance(turn.content, str) for turn in turns)
                except (ValueError, KeyError, TypeError):
                    valid, turns = False, []
                if not valid or len(turns) < 2 or turns[-1].role != "assistant":
                    result.skipped["without a conversation that ends in an answer"] += 1
                elif not turns[-1].content.strip():
                    result.skipped["with an empty answer"] += 1
                else:
                    result.items.append(Instruction("own", tuple(turns[:-1]), turns[-1].content.strip()))
    except FileNotFoundError as error:
        raise NotFoundError(
            f"The data set has no {path.name}: {path} is missing.",
            "Give a data set of `kedrec dataset build`, or a folder with train.jsonl and validation.jsonl.",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} can't be read: {error}.", "Give a file in UTF-8.") from error
    return result


def _from_questions(
    questions: Iterable[Question],
    kinds: Sequence[Kind],
    seed: int,
    index: PassageIndex | None,
    signals: Mapping[str, Mapping[str, GraphSignal]],
) -> InstructionSet:
    result = InstructionSet()
    for question in questions:
        rng = Random(f"{seed}:{question.id}")  # noqa: S311  # draws words, no secret
        for kind, instruction in (
            *_of_question(question, rng, index),
            *_contrasts(question, Random(f"{seed}:{question.id}:contrast")),  # noqa: S311
            *_selections(question, Random(f"{seed}:{question.id}:selection")),  # noqa: S311
            *judgements(question, seed, index, signals.get(question.id, {})),
        ):
            if kind not in kinds:
                continue
            if instruction is None:
                result.skipped[f"{kind}: no target that the gate lets pass"] += 1
            else:
                result.items.append(instruction)
    return result


def _licensed(question: Question, licences: Collection[str]) -> Question:
    """A question without the paths and texts that these licences don't cover."""

    def covered(path: CitedPath) -> bool:
        return all(any(one.licence in licences for one in step.statements) for step in path.steps)

    def texts(pointers: Sequence[TextPointer]) -> tuple[TextPointer, ...]:
        return tuple(pointer for pointer in pointers if pointer.licence in licences)

    evidence = [
        part.model_copy(update={"paths": tuple(filter(covered, part.paths))}) for part in question.evidence
    ]
    background = [
        part.model_copy(update={"trials": texts(part.trials), "literature": texts(part.literature)})
        for part in question.background
    ]
    return question.model_copy(update={"evidence": tuple(evidence), "background": tuple(background)})


def _of_question(
    question: Question, rng: Random, index: PassageIndex | None
) -> Iterator[tuple[Kind, Instruction | None]]:
    """A question's instructions by kind; None where no target could be written."""
    disease = Entity(id=question.disease.id, kind="Disease", name=question.disease.name)
    weak = 0
    for candidate in rng.sample(question.candidates, len(question.candidates)):
        drug = Entity(id=candidate.id, kind="Drug", name=candidate.name)
        evidence, adverse = _pair_evidence(question, candidate.id, rng)
        kind = _kind(question, drug, disease, evidence, adverse)
        weak += kind == "weak"
        if kind and not (kind == "weak" and weak > _MOST_WEAK):
            texts = text_evidence(question, candidate.id, index) if index is not None else []
            yield kind, _rationale(kind, (drug, disease), (evidence, adverse, texts), rng)


def _kind(
    question: Question,
    drug: Entity,
    disease: Entity,
    evidence: Sequence[Evidence],
    adverse: Sequence[Evidence],
) -> Kind | None:
    """What a candidate can teach; None where no model is asked, and for a wrong one that reads right."""
    if all(item.role == "association" for item in evidence):
        return None
    if contraindication_item(adverse, drug, disease):
        return "contraindication"
    if drug.id in question.answers:
        return "rationale" if len(evidence) >= _FEWEST_PATHS else None
    best = select(evidence, ())
    path = best[0].path if best else None
    return "weak" if path is not None and strength(path) is Strength.WEAK else None


def _pair_evidence(question: Question, candidate: str, rng: Random) -> tuple[list[Evidence], list[Evidence]]:
    """A candidate's supporting and adverse paths, numbered as in a rationale's prompt, some left out."""
    items = [path.evidence() for path in question.paths(candidate)]
    parts = []
    for letter, stance in (("P", "supports"), ("A", "adverse")):
        chosen = [item for item in items if item.stance == stance]
        if len(chosen) > _FEWEST_PATHS and rng.random() < 0.35:
            chosen = sorted(rng.sample(chosen, rng.randint(_FEWEST_PATHS, len(chosen))), key=items.index)
        count = len(chosen)
        numbers = (
            sorted(rng.sample(range(1, 2 * count + 4), count)) if rng.random() < 0.15 else range(1, count + 1)
        )
        parts.append(
            [
                item.model_copy(update={"id": f"{letter}{number}"})
                for number, item in zip(numbers, chosen, strict=True)
            ]
        )
    return parts[0], parts[1]


def _rationale(
    kind: Kind,
    pair: tuple[Entity, Entity],
    items: tuple[Sequence[Evidence], Sequence[Evidence], Sequence[Evidence]],
    rng: Random,
) -> Instruction | None:
    (drug, disease), (evidence, adverse, texts) = pair, items
    prompt = rationale_request(
        drug,
        disease,
        evidence,
        adverse,
        count_tokens=lambda _: 0,  # the trainer counts, and skips what is too long
        context=1,
        max_tokens=0,
        seed=0,
        grammar=False,
        texts=texts,
    )
    shown = [item for item in evidence if item.id in prompt.included]
    target = write_target(drug, disease, shown, adverse, rng, texts=texts)
    return Instruction(kind, prompt.messages, target) if target else None


def _selections(question: Question, rng: Random) -> Iterator[tuple[Kind, Instruction | None]]:
    """The choice, of a question with one answer. The prompt doesn't depend on which one is right."""
    if len(question.answers) > 1:
        return
    candidates = list(question.candidates)
    rng.shuffle(candidates)
    count = rng.randint(1, 3)

    def items(candidate: NamedEntity) -> list[tuple[str, str]]:
        return [(path.id, path.text[:_CHARACTERS]) for path in question.paths(candidate.id)[:count]]

    messages = selection_messages(
        question.disease.name, [(candidate.name, items(candidate)) for candidate in candidates]
    )
    right = next(candidate for candidate in candidates if candidate.id == question.answers[0])
    cited = next((path.id for path in question.paths(right.id)[:count] if path.stance == "supports"), "")
    yield "selection", Instruction("selection", messages, choice_text(right.name, cited))


def _contrasts(question: Question, rng: Random) -> Iterator[tuple[Kind, Instruction | None]]:
    """Why the right drug and not a wrong one that has evidence, where the evidence tells them apart."""
    disease = Entity(id=question.disease.id, kind="Disease", name=question.disease.name)
    right = next(candidate for candidate in question.candidates if candidate.id == question.answers[0])
    evidence = [path.evidence() for path in question.paths(right.id)[:_MOST_CONTRASTED]]
    others = [one for one in question.candidates if one.id not in question.answers and question.paths(one.id)]
    if not evidence or len(question.answers) > 1:
        return
    drug = Entity(id=right.id, kind="Drug", name=right.name)
    for other in rng.sample(others, len(others)):
        paths = question.paths(other.id)
        adverse = [path for path in paths if path.stance == "adverse"][:1]
        shown = [
            *[path for path in paths if path.stance == "supports"][: _MOST_CONTRASTED - len(adverse)],
            *adverse,
        ]
        other_evidence = [path.evidence() for path in shown]
        target = write_contrast(
            (drug, disease), Entity(id=other.id, kind="Drug", name=other.name), evidence, other_evidence, rng
        )
        if target:
            lines = [(item.id, item.sentence) for item in (*evidence, *other_evidence)]
            rng.shuffle(lines)
            messages = contrast_messages(disease.name, right.name, other.name, lines)
            yield "contrast", Instruction("contrast", messages, target)
            return
