"""Builds the question of a hospital stay: draws its candidates and masks their names in its notes."""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.dataset.question_types import NamedEntity, Negative, Question

if TYPE_CHECKING:
    from kedrec.dataset.hf_folder import SplitName
    from kedrec.ranking.adjacency import Adjacency
    from kedrec.stores import GraphStore

__all__ = ["Stay", "StayQuestions", "patient_splits"]

_SHARES: tuple[tuple[SplitName, float], ...] = (("train", 0.7), ("validation", 0.1), ("test", 0.2))
_NEAREST = 12  # drugs that a hard negative is drawn from
_FREQUENCY_MATCHED = 3  # drugs that a frequency-matched negative is drawn from
_SHORTEST_NAME = 4  # letters; shorter names aren't masked in notes


@dataclass(frozen=True, slots=True)
class Stay:
    """An admission in the graph's ids: diseases in the hospital's order, drugs ascending."""

    subject: str
    hadm: str
    diseases: tuple[str, ...]
    drugs: tuple[str, ...]


def patient_splits(subjects: Iterable[str], seed: int) -> dict[str, SplitName]:
    """Draws each patient's split: 70 % train, 10 % validation, 20 % test, by a hash of the seed."""
    order = sorted(set(subjects), key=lambda subject: _digest(seed, "patient", subject))
    splits: dict[str, SplitName] = {}
    begin = 0.0
    for split, share in _SHARES:
        end = begin + share
        part = order[round(begin * len(order)) : round(end * len(order))]
        splits |= dict.fromkeys(part, split)
        begin = end
    return splits


class StayQuestions:
    """Builds questions of stays.

    Args:
        store, adjacency: the graph.
        stays: every stay, each with a disease and a drug.
        candidates: of a question; even.
        seed: of the split, the negatives and their order.
        licence: of the tables.

    Attributes:
        splits: the split of each patient.
    """

    def __init__(
        self,
        store: GraphStore,
        adjacency: Adjacency,
        stays: Sequence[Stay],
        *,
        candidates: int,
        seed: int,
        licence: str,
    ) -> None:
        self.seed, self.candidates, self.licence = seed, candidates, licence
        self.splits = patient_splits((stay.subject for stay in stays), seed)
        self._names: dict[str, str] = {}
        self._drug_names: dict[str, list[str]] = {}
        for kind in ("Drug", "Disease"):
            for row in store.nodes(kind, ["id", "name", "synonyms"]).to_pylist():
                self._names[row["id"]] = row["name"]
                if kind == "Drug":
                    self._drug_names[row["id"]] = [row["name"], *(row["synonyms"] or ())]
        patients: dict[str, set[str]] = {}
        for stay in stays:
            if self.splits[stay.subject] == "train":
                for drug in stay.drugs:
                    patients.setdefault(drug, set()).add(stay.subject)
        self._patient_counts = Counter({drug: len(subjects) for drug, subjects in patients.items()})
        self._nearest = _nearest_drugs(
            adjacency, sorted(self._patient_counts), sorted({drug for stay in stays for drug in stay.drugs})
        )
        self._all_drugs = sorted(self._drug_names)

    def question(self, stay: Stay, text: str) -> tuple[Question, int]:
        """Builds the question of one stay with its notes, and counts the answers dropped from it."""
        rng = random.Random(_digest(self.seed, "stay", stay.hadm))  # noqa: S311  # no secret
        limit = self.candidates // 2
        answers = sorted(rng.sample(stay.drugs, limit)) if len(stay.drugs) > limit else list(stay.drugs)
        negatives = self._negatives(stay, answers, rng)
        order = [*answers, *(negative.id for negative in negatives)]
        rng.shuffle(order)
        right = set(answers)
        first, *others = (NamedEntity(id=id_, name=self._names[id_]) for id_ in stay.diseases)
        question = Question(
            id=f"mimic-{_digest(self.seed, 'question', stay.hadm)[:16]}",
            disease=first,
            other_diseases=tuple(others),
            candidates=tuple(NamedEntity(id=id_, name=self._names[id_]) for id_ in order),
            answers=tuple(id_ for id_ in order if id_ in right),
            negatives=tuple(negatives),
            text=self._masked(text, order),
            sources=("MIMIC-III",),
            licences=(self.licence,),
            group=_digest(self.seed, "group", stay.subject)[:16],
        )
        return question, len(stay.drugs) - len(answers)

    def _negatives(self, stay: Stay, answers: Sequence[str], rng: random.Random) -> list[Negative]:
        """Draws frequency-matched and hard negatives by turns, for each answer in turn."""
        excluded, negatives = set(stay.drugs), list[Negative]()
        for turn in range(self.candidates - len(answers)):
            answer = answers[turn // 2 % len(answers)]
            if turn % 2:
                pool = [drug for drug in self._nearest.get(answer, ()) if drug not in excluded][:_NEAREST]
                kind = "hard"
            else:
                pool = self._frequency_matched(answer, excluded, rng)
                kind = "frequency-matched"
            if not pool:  # every drug of the training part is in this stay already
                pool, kind = [drug for drug in self._all_drugs if drug not in excluded], "random"
            drug = rng.choice(pool)
            excluded.add(drug)
            negatives.append(Negative.model_validate({"id": drug, "kind": kind}))
        return negatives

    def _frequency_matched(self, answer: str, excluded: Collection[str], rng: random.Random) -> list[str]:
        """The drugs prescribed to about as many patients as the answer; ties in random order."""
        count = self._patient_counts[answer]
        pool = [drug for drug in self._patient_counts if drug not in excluded]
        ranked = sorted(pool, key=lambda drug: (abs(self._patient_counts[drug] - count), rng.random()))
        return ranked[:_FREQUENCY_MATCHED]

    def _masked(self, text: str, candidates: Sequence[str]) -> str:
        """Masks every name of a candidate as `[drug]`: a note that names a drug would give it away."""
        if not text:
            return ""
        names = {
            name
            for drug in candidates
            for name in self._drug_names[drug]
            if sum(letter.isalpha() for letter in name) >= _SHORTEST_NAME
        }
        longest = sorted(names, key=lambda name: (-len(name), name))
        pattern = "|".join(re.escape(name) for name in longest)
        return re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", "[drug]", text, flags=re.IGNORECASE)


def _nearest_drugs(adjacency: Adjacency, pool: Sequence[str], drugs: Sequence[str]) -> dict[str, list[str]]:
    """For each drug, those of a pool with a similarity in the graph, by its mean, nearest first."""
    import numpy as np

    from kedrec.ranking.similarity import similarities
    from kedrec.ranking.stored_ranking import linked_tables

    index = {id_.decode(): position for position, id_ in enumerate(adjacency.ids("Drug").tolist())}
    columns = np.array([index[drug] for drug in pool], np.int64)
    rows = np.array([index[drug] for drug in drugs], np.int64)
    if not len(columns):
        return {}
    total = np.zeros((len(rows), len(columns)))
    for similarity in similarities(adjacency, "Drug", linked_tables(adjacency)):
        total += similarity.columns(columns)[rows]
    order = np.argsort(-total, axis=1, kind="stable")
    return {
        drug: [
            pool[column] for column in order[row].tolist() if pool[column] != drug and total[row, column] > 0
        ]
        for row, drug in enumerate(drugs)
    }


def _digest(seed: int, purpose: str, value: str) -> str:
    return hashlib.sha256(f"{seed}\t{purpose}\t{value}".encode()).hexdigest()
