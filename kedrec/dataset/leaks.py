"""Looks for questions of two splits that are nearly one, and for evidence that tells the answer."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from kedrec.dataset.hf_folder import SPLITS, SplitName
from kedrec.types.base import Frozen

if TYPE_CHECKING:
    from kedrec.dataset.question_types import Question
    from kedrec.dataset.treatments import Treatments

__all__ = ["NEARLY", "LeakReport", "check_leaks", "near_equal"]

NEARLY = 0.8
"""Share of word triples two rationales must have in common (Jaccard) to be nearly one text."""

_WORD = re.compile(r"\w+")
_CITED = re.compile(r"\[[PATL]\d+\]")
_COMMON = 200  # rationales with one triple, from which on it tells nothing

_Keys = Callable[["Question"], set[str]]

Questions = Mapping[str, Mapping[SplitName, Sequence["Question"]]]
"""config -> split -> questions."""


class LeakReport(Frozen):
    """Pairs of questions in two splits of a config that are nearly one; all are to be 0.

    Attributes:
        pairs: of the same drug and disease, or of kin of both (salts, synonyms).
        diseases: of one disease, or synonyms: in `unseen_disease` alone.
        drugs: candidates of one split that are candidates in another, salts included: in `unseen_drug`.
        groups: of one group.
        texts: with nearly one rationale.
        shown: evidence that shows a treatment which validation or test ask for.
    """

    pairs: dict[str, int]
    diseases: dict[str, int]
    drugs: dict[str, int]
    groups: dict[str, int]
    texts: dict[str, int]
    shown: dict[str, int]

    @property
    def found(self) -> int:
        """How many there are in all."""
        return sum(sum(part.values()) for part in self.model_dump().values())

    def told(self) -> str:
        """What was found, in words."""
        parts = [
            f"{count} {name} in {config}"
            for name, part in self.model_dump().items()
            for config, count in part.items()
            if count
        ]
        return ", ".join(parts) or "none"


def check_leaks(questions: Questions, treatments: Treatments) -> LeakReport:
    """Counts what two splits of a config have in common that they mustn't."""
    drug_kin, disease_kin = treatments.drug_kin, treatments.disease_kin

    def kin(drug: str, disease: str) -> str:
        return f"{drug_kin.get(drug, drug)} {disease_kin.get(disease, disease)}"

    def pair(question: Question) -> set[str]:
        return {kin(one, question.disease.id) for one in question.answers}

    found: dict[str, dict[str, int]] = {name: {} for name in LeakReport.model_fields}
    for config, splits in questions.items():
        found["pairs"][config] = _shared(splits, pair)
        found["groups"][config] = _shared(splits, lambda one: {one.group})
        if config == "unseen_disease":
            found["diseases"][config] = _shared(
                splits, lambda one: {disease_kin.get(one.disease.id, one.disease.id)}
            )
        if config == "unseen_drug":
            found["drugs"][config] = _shared(
                splits, lambda one: {drug_kin.get(other.id, other.id) for other in one.candidates}
            )
        found["texts"][config] = sum(1 for _ in _near_texts(splits))
        found["shown"][config] = _shown(splits, kin)
    return LeakReport.model_validate(found)


def near_equal(
    splits: Mapping[SplitName, Sequence[Question]],
) -> tuple[dict[SplitName, list[Question]], int]:
    """The splits without the questions whose rationale is nearly one of a later split, and how many went.

    Training gives way to validation, and both to test.
    """
    gone = {first for first, _ in _near_texts(splits)}
    kept = {split: [one for one in splits[split] if one.id not in gone] for split in SPLITS}
    return kept, len(gone)


def _shared(splits: Mapping[SplitName, Sequence[Question]], keys: _Keys) -> int:
    """How many keys questions of two splits have."""
    seen: dict[str, set[SplitName]] = defaultdict(set)
    for split, questions in splits.items():
        for question in questions:
            for key in keys(question):
                seen[key].add(split)
    return sum(len(where) > 1 for where in seen.values())


def _near_texts(splits: Mapping[SplitName, Sequence[Question]]) -> Iterator[tuple[str, str]]:
    """Ids of questions of two splits whose rationales are nearly one, the earlier split's first."""
    triples: dict[str, frozenset[tuple[str, ...]]] = {}
    where: dict[str, int] = {}
    having: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for place, split in enumerate(SPLITS):
        for question in splits[split]:
            if question.reference is None:
                continue
            words = _WORD.findall(_CITED.sub(" ", question.reference.rationale).lower())
            triples[question.id] = frozenset(zip(words, words[1:], words[2:], strict=False))
            where[question.id] = place
            for triple in triples[question.id]:
                having[triple].append(question.id)
    for one, mine in triples.items():
        common: dict[str, int] = defaultdict(int)
        for triple in mine:
            if len(having[triple]) <= _COMMON:
                for other in having[triple]:
                    if where[other] > where[one]:
                        common[other] += 1
        for other in common:
            theirs = triples[other]
            if len(mine & theirs) >= NEARLY * len(mine | theirs):
                yield one, other


def _shown(splits: Mapping[SplitName, Sequence[Question]], kin: Callable[[str, str], str]) -> int:
    """Steps of shown paths that state a treatment of validation or test, or the question's own, or kin."""
    from kedrec.schema import load_schema

    benefit = {name for name, relation in load_schema().relations.items() if relation.effect == "benefit"}
    asked = {
        kin(answer, one.disease.id)
        for split in ("validation", "test")
        for one in splits[split]
        for answer in one.answers
    }
    count = 0
    for questions in splits.values():
        for one in questions:
            own = asked | {kin(answer, one.disease.id) for answer in one.answers}
            for path in (path for part in one.evidence for path in part.paths):
                for place, step in enumerate(path.steps):
                    if step.relation in benefit:
                        ends = path.nodes[place].id, path.nodes[place + 1].id
                        count += kin(*(ends if step.forward else ends[::-1])) in own
    return count
