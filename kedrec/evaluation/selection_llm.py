"""Language model as an answerer: it reads the candidates with their evidence and names its choice."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from kedrec.common.plain_text import one_line
from kedrec.dataset.judgement_instructions import compact_evidence
from kedrec.errors import ModelError
from kedrec.evaluation.selection_answerers import rank_candidates
from kedrec.evaluation.selection_asking import RankedAnswer
from kedrec.llm.base import ChatRequest, Message
from kedrec.llm.judging import judge, judgement_prompt
from kedrec.llm.selection_prompting import selection_messages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.dataset.question_types import NamedEntity
    from kedrec.evaluation.selection_asking import BlindQuestion
    from kedrec.llm.base import ChatModel
    from kedrec.llm.judging import CompactEvidence

__all__ = ["choice_request", "evidence_of", "judged_answer", "judgement_prompts", "parse_answer"]

_LEVELS = ((3, 240, 800), (2, 200, 400), (1, 160, 200), (0, 0, 0))
"""Paths and texts a candidate, characters of each, characters of the notes; the first that fits is used."""
_CITATION = re.compile(r"\[([A-Z]\d+)\]")
_TOKENS_PER_CHOICE = 40


def choice_request(model: ChatModel, question: BlindQuestion, seed: int) -> ChatRequest:
    """Builds the request that asks a model to choose.

    It includes as much evidence as fits in the model's context, the same share for every candidate.

    Raises:
        ModelError: not even the candidates' names fit.
    """
    room = model.info.context - _TOKENS_PER_CHOICE * question.most
    for level in _LEVELS:
        messages, ids = _messages(question, *level)
        if model.count_tokens(messages) <= room:
            grammar = _grammar(question, ids) if model.info.grammars else ""
            return ChatRequest(
                messages, max_tokens=_TOKENS_PER_CHOICE * question.most, seed=seed, grammar=grammar
            )
    raise ModelError(
        f"A context of {model.info.context} tokens can't hold the {len(question.candidates)} candidates of a "
        "question.",
        "Use a model with a longer context, or build the data set with fewer candidates.",
    )


def evidence_of(question: BlindQuestion, candidate: str) -> CompactEvidence:
    """The evidence of one candidate in a question."""
    return compact_evidence(
        question.paths.get(candidate, ()),
        (text for _, text in question.texts.get(candidate, ())),
        signal=question.signals.get(candidate),
    )


def judged_answer(
    model: ChatModel, question: BlindQuestion, known: dict[tuple[Message, ...], float]
) -> RankedAnswer:
    """Orders the candidates by the model's judgement of each alone, in log-odds.

    Args:
        model: the model.
        question: the question.
        known: log-odds of judgements already made, by prompt; new ones are added.

    Raises:
        ModelError: the model gives no log-probabilities, or it failed.
    """
    scores = {}
    for id_, messages in judgement_prompts(model, question).items():
        if messages not in known:
            known[messages] = judge(model, messages).log_odds
        scores[id_] = known[messages]
    return rank_candidates(question, scores)


def judgement_prompts(model: ChatModel, question: BlindQuestion) -> dict[str, tuple[Message, ...]]:
    """The prompt of each candidate's judgement, by the candidate's id.

    Raises:
        ModelError: not even the names fit in the model's context.
    """
    patient, disease = _patient(question, _LEVELS[0][2]), _joined_names(question.diseases[:1])
    return {
        one.id: judgement_prompt(
            disease, one.name, evidence_of(question, one.id), model=model, patient=patient
        )
        for one in question.candidates
    }


def parse_answer(question: BlindQuestion, text: str) -> RankedAnswer:
    """Parses a model's text: the candidates it names, in its order, at most `question.most`, are chosen.

    The others follow in the question's order; a text that names none chooses none.
    """
    mentions: list[tuple[int, int, str]] = []
    for candidate in question.candidates:
        name = re.escape(one_line(candidate.name))
        match = re.search(rf"(?<!\w){name}(?!\w)", text, re.IGNORECASE)
        if match:
            mentions.append((match.start(), match.end(), candidate.id))
    mentions.sort(key=lambda mention: (mention[0], -mention[1]))
    chosen_ids: list[str] = []
    end_of_last = 0
    for start, end, id_ in mentions:
        if start >= end_of_last:  # not inside a longer name
            chosen_ids.append(id_)
            end_of_last = end
    chosen = tuple(chosen_ids[: question.most])
    remaining = tuple(candidate.id for candidate in question.candidates if candidate.id not in chosen)
    return RankedAnswer((*chosen, *remaining), chosen, tuple(dict.fromkeys(_CITATION.findall(text))))


def _messages(
    question: BlindQuestion, max_items: int, characters: int, notes: int
) -> tuple[tuple[Message, ...], dict[str, list[str]]]:
    """The conversation with that much evidence, and the ids of each candidate's items in it."""
    candidates = []
    ids: dict[str, list[str]] = {}
    for candidate in question.candidates:
        items = [(path.id, path.text) for path in question.paths.get(candidate.id, ())[:max_items]]
        items += list(question.texts.get(candidate.id, ()))[:max_items]
        ids[candidate.id] = [id_ for id_, _ in items]
        candidates.append((candidate.name, [(id_, one_line(text)[:characters]) for id_, text in items]))
    disease = _joined_names(question.diseases[:1])
    patient = _patient(question, notes)
    return selection_messages(disease, candidates, patient=patient, most=question.most), ids


def _patient(question: BlindQuestion, notes: int) -> str:
    """Lines on the patient of a stay, with so many characters of its notes."""
    lines = ""
    if question.diseases[1:]:
        lines += f"The patient also has: {_joined_names(question.diseases[1:])}\n"
    if question.text and notes:
        lines += f"Notes: {one_line(question.text)[:notes]}\n"
    return lines


def _joined_names(entities: Sequence[NamedEntity]) -> str:
    return ", ".join(one_line(entity.name) for entity in entities)


def _grammar(question: BlindQuestion, ids: dict[str, list[str]]) -> str:
    """GBNF of an answer: candidates, each with up to one of its own citations."""
    choices = []
    for candidate in question.candidates:
        cites = " | ".join(json.dumps(f" [{id_}]") for id_ in ids[candidate.id])
        name = json.dumps(one_line(candidate.name), ensure_ascii=False)
        choices.append(f"{name} ({cites})" if cites else name)
    more_choices = f' ("\\n" choice){{0,{question.most - 1}}}' if question.most > 1 else ""
    return f"root ::= choice{more_choices}\nchoice ::= " + " | ".join(choices) + "\n"
