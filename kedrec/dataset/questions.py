"""Puts questions together from what was made of their pairs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from kedrec.dataset.hf_folder import SPLITS, SplitName
from kedrec.dataset.question_types import (
    Background,
    CandidateEvidence,
    CitedPath,
    Named,
    Negative,
    Question,
    Reference,
    TextPointer,
)

if TYPE_CHECKING:
    from kedrec.dataset.candidates import PairFacts
    from kedrec.dataset.splits import Division
    from kedrec.dataset.treatments import Pair, Treatment, Treatments

__all__ = ["Drawn", "Numbers", "assembled", "question_id", "recited", "shuffled"]

_CITED = re.compile(r"\[([PATL]\d+)\]")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A question's right answer and the wrong ones, in the order of its candidates."""

    id: str
    split: SplitName
    treatment: Treatment
    candidates: tuple[str, ...]
    negatives: tuple[Negative, ...]


def question_id(config: str, drug: str, disease: str, seed: int) -> str:
    """A stable id that doesn't tell the answer."""
    return "exprxrec-" + hashlib.sha256(f"{seed}:{config}:{drug}:{disease}".encode()).hexdigest()[:16]


def assembled(
    drawn: Sequence[Drawn],
    division: Division,
    facts: Mapping[Pair, PairFacts],
    treatments: Treatments,
    *,
    paths: int,
    adverse: int,
) -> dict[SplitName, list[Question]]:
    """The questions of a config by split, each split in an order drawn by the questions' ids.

    Args:
        drawn: what is asked.
        division: of the config.
        facts: of every pair of a candidate and its question's disease.
        treatments: of the graph.
        paths, adverse: most paths a candidate that support, and that speak against.
    """
    most = {"supports": paths, "adverse": adverse}
    found: dict[SplitName, list[Question]] = {split: [] for split in SPLITS}
    for one in sorted(drawn, key=lambda one: one.id):
        found[one.split].append(_question(one, division, facts, treatments, most))
    return found


class Numbers:
    """Numbers evidence over all candidates of a question: an id stands for one path or text."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def next(self, id_: str) -> str:
        """The next id of the same letter."""
        letter = id_[0]
        self._last[letter] = self._last.get(letter, 0) + 1
        return f"{letter}{self._last[letter]}"


def recited(text: str, ids: Mapping[str, str]) -> str:
    """A text with other ids in its citations."""
    return _CITED.sub(lambda match: f"[{ids.get(match[1], match[1])}]", text)


def _question(
    one: Drawn,
    division: Division,
    facts: Mapping[Pair, PairFacts],
    treatments: Treatments,
    most: Mapping[str, int],
) -> Question:
    names, disease = treatments.names, one.treatment.disease
    kin = treatments.drug_kin
    answer = kin[one.treatment.drug]
    numbers = Numbers()
    evidence, background = [], []
    licences = set(one.treatment.licences)
    any_text = False
    for candidate in one.candidates:
        fact = facts[candidate, disease]
        paths = _shown(
            [seen.path for seen in fact.paths(division.config) if answer not in map(kin.get, seen.tells)],
            most,
            numbers,
        )
        licences.update(licence for path in paths for licence in path.licences)
        evidence.append(CandidateEvidence(candidate=candidate, paths=paths))
        trials, literature = _renumbered(fact.trials, numbers), _renumbered(fact.literature, numbers)
        any_text = any_text or bool(trials or literature)
        background.append(Background(candidate=candidate, trials=trials, literature=literature))
    reference = _reference(one, facts, dict(zip(one.candidates, evidence, strict=True)), numbers)
    if reference is not None:
        licences.update(licence for path in reference.evidence for licence in path.licences)
    return Question(
        id=one.id,
        disease=Named(id=disease, name=names[disease]),
        candidates=tuple(Named(id=drug, name=names[drug]) for drug in one.candidates),
        answers=(one.treatment.drug,),
        negatives=one.negatives,
        evidence=tuple(evidence),
        background=tuple(background) if any_text else (),
        reference=reference,
        sources=one.treatment.sources,
        licences=tuple(sorted(licences)),
        group=division.groups[one.treatment.drug, disease],
    )


def _shown(paths: Sequence[CitedPath], most: Mapping[str, int], numbers: Numbers) -> tuple[CitedPath, ...]:
    """The best of both stances, numbered, each stance's scores brought to a sum of 1."""
    found: list[CitedPath] = []
    for stance, many in most.items():
        best = [path for path in paths if path.stance == stance][:many]
        total = sum(path.score for path in best) or 1.0
        found += [
            path.model_copy(
                update={"id": numbers.next(path.id), "score": min(round(path.score / total, 6), 1.0)}
            )
            for path in best
        ]
    return tuple(found)


def _renumbered(pointers: Sequence[TextPointer], numbers: Numbers) -> tuple[TextPointer, ...]:
    return tuple(pointer.model_copy(update={"id": numbers.next(pointer.id)}) for pointer in pointers)


def _reference(
    one: Drawn,
    facts: Mapping[Pair, PairFacts],
    evidence: Mapping[str, CandidateEvidence],
    numbers: Numbers,
) -> Reference | None:
    """The curated rationale with the question's ids; what the question doesn't show goes on after them."""
    drug = one.treatment.drug
    curated = facts[drug, one.treatment.disease].curated
    if curated is None:
        return None
    shown = {_way(path): path.id for path in evidence[drug].paths}
    ids: dict[str, str] = {}
    added: list[CitedPath] = []
    for path in curated.paths:
        there = shown.get(_way(path))
        ids[path.id] = there or numbers.next(path.id)
        if there is None:
            added.append(path.model_copy(update={"id": ids[path.id]}))
    return Reference(
        answer=drug, rationale=recited(curated.rationale, ids), teacher="curated", evidence=tuple(added)
    )


def _way(path: CitedPath) -> tuple[str, ...]:
    """A path by its nodes and what it says of them."""
    steps = [f"{step.relation} {step.action} {step.forward}" for step in path.steps]
    return (*(node.id for node in path.nodes), *steps)


def shuffled(candidates: Sequence[str], id_: str) -> tuple[str, ...]:
    """The candidates in an order drawn by the question's id."""
    rng = Random(f"order:{id_}")  # noqa: S311  # an order, no secret
    return tuple(rng.sample(sorted(candidates), len(candidates)))
