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
from typing import TYPE_CHECKING

import numpy as np

from kedrec.dataset.records import Negative
from kedrec.errors import EmptyGraphError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kedrec.dataset.known import Popularity
    from kedrec.dataset.treatments import Treatment, Treatments
    from kedrec.training.graph_embedding import GraphEmbedding

__all__ = ["Chooser", "Recipe"]

_NEAR = 60  # nearest drugs that hard negatives are drawn from
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
        """The nearest drugs, so many better and less known than the right one as drawn."""
        if self._embedding is None:
            return []
        cosines = self._embedding.nearness(right)[free]
        order = np.argsort(-cosines.round(5), kind="stable")[:_NEAR]
        near = self._one_of_kin([free[place] for place in order.tolist()])
        many = min(self._recipe.hard, len(near))
        by_treatments = [self._above(number, right, rng, own=True) for number in near]
        by_links = [self._above(number, right, rng, own=False) for number in near]
        wanted = rng.randint(0, many), rng.randint(0, many)
        chosen: list[int] = []
        sides = list(range(many))
        first = set(rng.sample(sides, wanted[0]))
        second = set(rng.sample(sides, wanted[1]))
        for side in sides:
            ask = side in first, side in second
            chosen.append(
                min(
                    (place for place in range(len(near)) if place not in chosen),
                    key=lambda place, ask=ask: (  # type: ignore[misc]  # mypy sees no default of a lambda
                        2 * (by_treatments[place] != ask[0]) + (by_links[place] != ask[1]),
                        place,
                    ),
                )
            )
        return [near[place] for place in chosen]

    def _above(self, number: int, right: int, rng: Random, *, own: bool) -> bool:
        """Whether a drug is better known than the right one, whose own treatment isn't counted; ties are
        drawn.
        """
        counts = self._known.treatments if own else self._known.links
        mine, other = int(counts[right]) - own, int(counts[number])
        return rng.random() < 0.5 if mine == other else other > mine

    def _matched(self, right: int, free: Sequence[int], rng: Random) -> list[int]:
        """Drugs of about as many treatments and links, at random."""
        mine = self._logs[:, right].copy()
        own = np.log1p(max(int(self._known.treatments[right]) - 1, 0))
        scale = np.log1p(self._known.treatments.astype(np.float64)).std()
        mine[0] = own / max(float(scale), 1e-9)
        away = np.abs(self._logs[:, free] - mine[:, None]).sum(axis=0)
        draws = np.array([rng.random() for _ in free])  # among equals
        order = np.lexsort((draws, away.round(6)))[: max(_ALIKE, self._recipe.matched)]
        near = self._one_of_kin([free[place] for place in order.tolist()])
        return rng.sample(near, min(self._recipe.matched, len(near)))

    def _one_of_kin(self, numbers: Sequence[int]) -> list[int]:
        found: dict[str, int] = {}
        for number in numbers:
            found.setdefault(self._treatments.drug_kin[self._drugs[number]], number)
        return list(found.values())
