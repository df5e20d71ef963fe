"""Makes a question of a hospital stay: its candidates, how they are chosen, and its notes without names."""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.dataset.question_types import Named, Negative, Question

if TYPE_CHECKING:
    from kedrec.dataset.hf_folder import SplitName
    from kedrec.ranking.adjacency import Adjacency
    from kedrec.stores import GraphStore

__all__ = ["Asker", "Stay", "split_of"]

_SHARES: tuple[tuple[SplitName, float], ...] = (("train", 0.7), ("validation", 0.1), ("test", 0.2))
_NEAREST = 12  # drugs that a near one is drawn from
_SHORTEST = 4  # letters of a drug's name that is masked in notes


@dataclass(frozen=True, slots=True)
class Stay:
    """An admission in the graph's terms: diseases in the hospital's order, drugs by id."""

    subject: str
    hadm: str
    diseases: tuple[str, ...]
    drugs: tuple[str, ...]


def split_of(subjects: Iterable[str], seed: int) -> dict[str, SplitName]:
    """The split of each patient: 70 % train, 10 % validation, 20 % test, drawn by a hash of the seed."""
    drawn = sorted(set(subjects), key=lambda subject: _hashed(seed, "patient", subject))
    found: dict[str, SplitName] = {}
    begin = 0.0
    for split, share in _SHARES:
        end = begin + share
        part = drawn[round(begin * len(drawn)) : round(end * len(drawn))]
        found |= dict.fromkeys(part, split)
        begin = end
    return found


class Asker:
    """Makes questions of stays.

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
        self.splits = split_of((stay.subject for stay in stays), seed)
        self._names: dict[str, str] = {}
        self._called: dict[str, list[str]] = {}
        for kind in ("Drug", "Disease"):
            for row in store.nodes(kind, ["id", "name", "synonyms"]).to_pylist():
                self._names[row["id"]] = row["name"]
                if kind == "Drug":
                    self._called[row["id"]] = [row["name"], *(row["synonyms"] or ())]
        patients: dict[str, set[str]] = {}
        for stay in stays:
            if self.splits[stay.subject] == "train":
                for drug in stay.drugs:
                    patients.setdefault(drug, set()).add(stay.subject)
        self._often = Counter({drug: len(some) for drug, some in patients.items()})
        self._near = _nearness(adjacency, sorted(self._often), sorted({d for s in stays for d in s.drugs}))
        self._all = sorted(self._called)

    def question(self, stay: Stay, text: str) -> tuple[Question, int]:
        """The question of one stay with its notes, and how many answers were left out of it."""
        draw = random.Random(_hashed(self.seed, "stay", stay.hadm))  # noqa: S311  # a draw, no secret
        most = self.candidates // 2
        answers = sorted(draw.sample(stay.drugs, most)) if len(stay.drugs) > most else list(stay.drugs)
        negatives = self._negatives(stay, answers, draw)
        order = [*answers, *(one.id for one in negatives)]
        draw.shuffle(order)
        right = set(answers)
        first, *others = (Named(id=id_, name=self._names[id_]) for id_ in stay.diseases)
        asked = Question(
            id=f"mimic-{_hashed(self.seed, 'question', stay.hadm)[:16]}",
            disease=first,
            other_diseases=tuple(others),
            candidates=tuple(Named(id=id_, name=self._names[id_]) for id_ in order),
            answers=tuple(id_ for id_ in order if id_ in right),
            negatives=tuple(negatives),
            text=self._masked(text, order),
            sources=("MIMIC-III",),
            licences=(self.licence,),
            group=_hashed(self.seed, "group", stay.subject)[:16],
        )
        return asked, len(stay.drugs) - len(answers)

    def _negatives(self, stay: Stay, answers: Sequence[str], draw: random.Random) -> list[Negative]:
        barred, chosen = set(stay.drugs), list[Negative]()
        wanted = self.candidates - len(answers)
        for turn in range(wanted):
            like = answers[turn // 2 % len(answers)]
            if turn % 2:
                near = [drug for drug in self._near.get(like, ()) if drug not in barred][:_NEAREST]
                kind = "hard"
            else:
                free = [drug for drug in self._often if drug not in barred]
                near = self._as_often(like, free, draw)
                kind = "frequency-matched"
            if not near:  # every drug of the training part is in this stay already
                near, kind = [drug for drug in self._all if drug not in barred], "random"
            drug = draw.choice(near)
            barred.add(drug)
            chosen.append(Negative.model_validate({"id": drug, "kind": kind}))
        return chosen

    def _as_often(self, like: str, free: Sequence[str], draw: random.Random) -> list[str]:
        """The three drugs that were prescribed to about as many patients as a drug; ties are drawn."""
        times = self._often[like]
        ranked = sorted(free, key=lambda drug: (abs(self._often[drug] - times), draw.random()))
        return ranked[:3]

    def _masked(self, text: str, candidates: Sequence[str]) -> str:
        """A text with every name of a candidate as `[drug]`: a note that names a drug would give it away."""
        if not text:
            return ""
        names = {
            name
            for drug in candidates
            for name in self._called[drug]
            if sum(letter.isalpha() for letter in name) >= _SHORTEST
        }
        longest = sorted(names, key=lambda name: (-len(name), name))
        pattern = "|".join(re.escape(name) for name in longest)
        return re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", "[drug]", text, flags=re.IGNORECASE)


def _nearness(adjacency: Adjacency, pool: Sequence[str], drugs: Sequence[str]) -> dict[str, list[str]]:
    """For each drug, those of a pool by the mean of all their similarities in the graph, nearest first."""
    import numpy as np

    from kedrec.ranking.similarity import similarities
    from kedrec.ranking.stored_ranking import linked_tables

    numbers = {id_.decode(): place for place, id_ in enumerate(adjacency.ids("Drug").tolist())}
    chosen = np.array([numbers[drug] for drug in pool], np.int64)
    rows = np.array([numbers[drug] for drug in drugs], np.int64)
    if not len(chosen):
        return {}
    total = np.zeros((len(rows), len(chosen)))
    for similarity in similarities(adjacency, "Drug", linked_tables(adjacency)):
        total += similarity.among(chosen)[rows]
    order = np.argsort(-total, axis=1, kind="stable")
    return {
        drug: [pool[place] for place in order[row].tolist() if pool[place] != drug and total[row, place] > 0]
        for row, drug in enumerate(drugs)
    }


def _hashed(seed: int, what: str, value: str) -> str:
    return hashlib.sha256(f"{seed}\t{what}\t{value}".encode()).hexdigest()
