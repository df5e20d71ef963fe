"""Chooses the wrong answers of a question, so that how well known a drug is doesn't tell the right one.

Hard negatives are near the right drug in an embedding of the graph and not known to treat the disease, as in
KEDRec-LM (arXiv:2502.20350). Right drugs are better known than drugs at large, since each
treatment is a question: so each question draws how many of its hard negatives are to be better known than
the right drug and how many less, by treatments and, apart from that, by links; who then picks the best known
is right as often as by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Self

import numpy as np

from kedrec.dataset.question_types import Negative
from kedrec.errors import EmptyGraphError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from kedrec.dataset.popularity import Popularity
    from kedrec.dataset.treatments import Treatment, Treatments
    from kedrec.training.graph_embedding import GraphEmbedding

__all__ = ["Chooser", "Recipe"]

_ALIKE = 15  # drugs of about as many links that degree-matched negatives are drawn from


@dataclass(frozen=True, slots=True)
class Recipe:
    """How many candidates a question has, and of which kinds its negatives are.

    Attributes:
        candidates: all of them, the right one included; 2 or more.
        hard, matched: hard and degree-matched negatives; the others are random.

    Raises:
        UsageError: the numbers don't fit.
    """

    candidates: int = 8
    hard: int = 4
    matched: int = 2

    @classmethod
    def of(cls, candidates: int, hard: int | None = None, matched: int | None = None) -> Self:
        """A recipe for some candidates: unless told, 4 in 7 of the wrong ones are hard and 2 in 7 matched."""
        wrong = max(candidates - 1, 0)
        hard = wrong * 4 // 7 if hard is None else hard
        return cls(candidates, hard, wrong * 2 // 7 if matched is None else matched)

    def __post_init__(self) -> None:
        if self.candidates < 2 or min(self.hard, self.matched) < 0:
            raise UsageError(
                f"A question can't have {self.candidates} candidates, {self.hard} hard and {self.matched} "
                "degree-matched negatives among them.",
                "Give --candidates 2 or more, --hard and --matched 0 or more.",
            )
        if self.hard + self.matched > self.candidates - 1:
            raise UsageError(
                f"{self.hard} hard and {self.matched} degree-matched negatives are more than the "
                f"{self.candidates - 1} wrong candidates of a question.",
                "Give more --candidates, or fewer --hard and --matched.",
            )


class Chooser:
    """Chooses negatives.

    Args:
        treatments: of the graph.
        known: of the same graph.
        embedding: of the same graph; None where no hard negatives are asked for.
        recipe: how many of which kind.

    Raises:
        EmptyGraphError: the graph has too few drugs for the recipe.
    """

    def __init__(
        self,
        drugs: Sequence[str],
        treatments: Treatments,
        known: Popularity,
        embedding: GraphEmbedding | None,
        recipe: Recipe,
    ) -> None:
        self._drugs, self._treatments, self._known = list(drugs), treatments, known
        self._embedding, self._recipe = embedding, recipe
        self._place = {drug: number for number, drug in enumerate(self._drugs)}
        self._linked = known.links > 0
        logs = np.log1p(np.stack([known.treatments, known.links]).astype(np.float64))
        self._logs = logs / np.maximum(logs.std(axis=1, keepdims=True), 1e-9)
        if int(self._linked.sum()) < recipe.candidates:
            raise EmptyGraphError(
                f"The graph has {int(self._linked.sum())} drugs with links; a question has "
                f"{recipe.candidates} candidates.",
                "Give fewer --candidates, or load a source with more drugs.",
            )

    def choose(
        self, treatment: Treatment, rng: Random, allowed: Callable[[str], bool]
    ) -> tuple[Negative, ...] | None:
        """The negatives of a question, by kind; None where there are too few drugs to choose from.

        Args:
            treatment: the right answer.
            rng: of the question.
            allowed: which drugs may be candidates.
        """
        refused = self._treatments.not_wrong(treatment.disease)
        kin = self._treatments.drug_kin
        free = [
            number
            for number in np.flatnonzero(self._linked).tolist()
            if (drug := self._drugs[number]) not in refused
            and kin[drug] != kin[treatment.drug]
            and allowed(drug)
        ]
        recipe, right = self._recipe, self._place[treatment.drug]
        if len(free) < recipe.candidates - 1:
            return None
        left = set(free)
        taken_kin: set[str] = set()

        def take(numbers: Sequence[int], kind: str) -> list[Negative]:
            found = []
            for number in numbers:
                left.discard(number)
                taken_kin.add(kin[self._drugs[number]])
                found.append(Negative.model_validate({"id": self._drugs[number], "kind": kind}))
            # A salt of what was taken is no other candidate.
            left.difference_update([n for n in left if kin[self._drugs[n]] in taken_kin])
            return found

        chosen: list[Negative] = []
        if recipe.hard and self._embedding is not None:
            chosen += take(self._hard(right, sorted(left), rng), "hard")
        if recipe.matched:
            chosen += take(self._matched(right, sorted(left), rng), "degree-matched")
        rest = recipe.candidates - 1 - len(chosen)
        while rest and left:
            chosen += take(rng.sample(sorted(left), 1), "random")
            rest -= 1
        return tuple(chosen) if not rest else None

    def _hard(self, right: int, free: Sequence[int], rng: Random) -> list[int]:
        """The nearest drugs of which so many are better and less known than the right one as drawn."""
        if self._embedding is None:
            return []
        cosines = self._embedding.nearness(right)[free]
        order = np.argsort(-cosines.round(5), kind="stable")
        near = np.array(self._one_of_kin([free[place] for place in order.tolist()]))
        many = min(self._recipe.hard, len(near))
        better = set(rng.sample(range(many), rng.randint(0, many)))
        linked = set(rng.sample(range(many), rng.randint(0, many)))
        chosen: list[int] = []
        for place in range(many):
            # The fewest wishes that aren't met, then the nearest; by treatments weighs more than by links.
            more = self._known.links[near] > self._known.links[right]
            misses = 2 * self._misses(near, right, better=place in better) + (more != (place in linked))
            best = int(np.argmin(misses))
            chosen.append(int(near[best]))
            near = np.delete(near, best)
        return chosen

    def _matched(self, right: int, free: Sequence[int], rng: Random) -> list[int]:
        """Drugs of about as many treatments and links, at random."""
        many = self._recipe.matched
        better = set(rng.sample(range(many), rng.randint(0, many)))
        away = np.abs(self._logs[:, free] - self._logs[:, [right]]).sum(axis=0).round(6)
        draws = np.array([rng.random() for _ in free])  # among equals
        near = np.array(self._one_of_kin([free[place] for place in np.lexsort((draws, away)).tolist()]))
        chosen: list[int] = []
        for place in range(min(many, len(near))):
            fits = near[~self._misses(near, right, better=place in better)]
            taken = rng.choice((fits if len(fits) else near)[:_ALIKE].tolist())
            near = near[near != taken]
            chosen.append(taken)
        return chosen

    def _misses(self, numbers: NDArray[np.int64], right: int, *, better: bool) -> NDArray[np.bool_]:
        """Which drugs aren't better (else less) known than the right one, by treatments.

        Less known is who has no more than the right one without the treatment that is asked for, better known
        who has more than it with it: so that it is the same whether an answerer sees that one or not.
        """
        mine, others = int(self._known.treatments[right]), self._known.treatments[numbers]
        misses: NDArray[np.bool_] = others <= mine if better else others > mine - 1
        return misses

    def _one_of_kin(self, numbers: Sequence[int]) -> list[int]:
        found: dict[str, int] = {}
        for number in numbers:
            found.setdefault(self._treatments.drug_kin[self._drugs[number]], number)
        return list(found.values())
