"""Finds near-duplicate questions in two splits, and evidence that gives an answer away."""

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

__all__ = ["NEARLY", "LeakReport", "check_leaks", "drop_near_duplicates"]

NEARLY = 0.8
"""Share of word triples in common (Jaccard) from which two rationales are near-duplicates, 0 to 1."""

_WORD = re.compile(r"\w+")
_CITED = re.compile(r"\[[PATL]\d+\]")
_MOST_SHARING = 200  # rationales with one triple; in more, it is a common phrase

_Keys = Callable[["Question"], set[str]]

Questions = Mapping[str, Mapping[SplitName, Sequence["Question"]]]
"""config -> split -> questions."""


class LeakReport(Frozen):
    """Numbers by config of what questions in two splits share; all must be 0.

    Attributes:
        pairs: of the same drug and disease, salts and synonyms included.
        diseases: of one disease, synonyms included: in `unseen_disease` alone.
        drugs: candidates of one split that are candidates in another, salts included: in `unseen_drug`.
        groups: of one group.
        texts: pairs of near-duplicate rationales.
        shown: path steps that state a treatment which validation or test ask for.
    """

    pairs: dict[str, int]
    diseases: dict[str, int]
    drugs: dict[str, int]
    groups: dict[str, int]
    texts: dict[str, int]
    shown: dict[str, int]

    @property
    def total(self) -> int:
        """The sum of all numbers."""
        return sum(sum(part.values()) for part in self.model_dump().values())

    def summary(self) -> str:
        """The numbers above 0 in words; "none" where there are none."""
        parts = [
            f"{count} {name} in {config}"
            for name, part in self.model_dump().items()
            for config, count in part.items()
            if count
        ]
        return ", ".join(parts) or "none"


def check_leaks(questions: Questions, treatments: Treatments) -> LeakReport:
    """Counts the leaks between splits, for each config."""
    canonical_drug, canonical_disease = treatments.canonical_drug, treatments.canonical_disease

    def pair_key(drug: str, disease: str) -> str:
        return f"{canonical_drug.get(drug, drug)} {canonical_disease.get(disease, disease)}"

    def pair_keys(question: Question) -> set[str]:
        return {pair_key(answer, question.disease.id) for answer in question.answers}

    counts: dict[str, dict[str, int]] = {name: {} for name in LeakReport.model_fields}
    for config, splits in questions.items():
        counts["pairs"][config] = _count_shared(splits, pair_keys)
        counts["groups"][config] = _count_shared(splits, lambda question: {question.group})
        if config == "unseen_disease":
            counts["diseases"][config] = _count_shared(
                splits, lambda question: {canonical_disease.get(question.disease.id, question.disease.id)}
            )
        if config == "unseen_drug":
            counts["drugs"][config] = _count_shared(
                splits,
                lambda question: {
                    canonical_drug.get(candidate.id, candidate.id) for candidate in question.candidates
                },
            )
        counts["texts"][config] = sum(1 for _ in _near_duplicates(splits))
        counts["shown"][config] = _count_given_away(splits, pair_key)
    return LeakReport.model_validate(counts)


def drop_near_duplicates(
    splits: Mapping[SplitName, Sequence[Question]],
) -> tuple[dict[SplitName, list[Question]], int]:
    """Drops questions whose rationale nearly equals one of a later split, and counts them.

    Training gives way to validation, and both to test.
    """
    duplicates = {earlier for earlier, _ in _near_duplicates(splits)}
    remaining = {
        split: [question for question in splits[split] if question.id not in duplicates] for split in SPLITS
    }
    return remaining, len(duplicates)


def _count_shared(splits: Mapping[SplitName, Sequence[Question]], keys: _Keys) -> int:
    """Counts the keys that questions of two splits or more have."""
    splits_by_key: dict[str, set[SplitName]] = defaultdict(set)
    for split, questions in splits.items():
        for question in questions:
            for key in keys(question):
                splits_by_key[key].add(split)
    return sum(len(names) > 1 for names in splits_by_key.values())


def _near_duplicates(splits: Mapping[SplitName, Sequence[Question]]) -> Iterator[tuple[str, str]]:
    """Ids of questions of two splits whose rationales nearly equal each other, the earlier split's first."""
    triples: dict[str, frozenset[tuple[str, ...]]] = {}
    split_order: dict[str, int] = {}
    ids_by_triple: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for order, split in enumerate(SPLITS):
        for question in splits[split]:
            if question.reference is None:
                continue
            words = _WORD.findall(_CITED.sub(" ", question.reference.rationale).lower())
            triples[question.id] = frozenset(zip(words, words[1:], words[2:], strict=False))
            split_order[question.id] = order
            for triple in triples[question.id]:
                ids_by_triple[triple].append(question.id)
    for earlier, own in triples.items():
        neighbours = dict.fromkeys(
            later
            for triple in own
            if len(ids_by_triple[triple]) <= _MOST_SHARING
            for later in ids_by_triple[triple]
            if split_order[later] > split_order[earlier]
        )
        for later in neighbours:
            if len(own & triples[later]) >= NEARLY * len(own | triples[later]):
                yield earlier, later


def _count_given_away(
    splits: Mapping[SplitName, Sequence[Question]], pair_key: Callable[[str, str], str]
) -> int:
    """Counts path steps that state a treatment of validation or test, or the question's own, or a synonym."""
    from kedrec.schema import load_schema

    benefit = {name for name, relation in load_schema().relations.items() if relation.is_care}
    held_out = {
        pair_key(answer, question.disease.id)
        for split in ("validation", "test")
        for question in splits[split]
        for answer in question.answers
    }
    count = 0
    for questions in splits.values():
        for question in questions:
            secret = held_out | {pair_key(answer, question.disease.id) for answer in question.answers}
            for path in (path for part in question.evidence for path in part.paths):
                for index, step in enumerate(path.steps):
                    if step.relation in benefit:
                        ends = path.nodes[index].id, path.nodes[index + 1].id
                        count += pair_key(*(ends if step.forward else ends[::-1])) in secret
    return count
