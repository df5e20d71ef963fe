"""Chooses the wrong answers of a question, so that a drug's popularity doesn't reveal the right one.

Hard negatives are near the right drug in an embedding of the graph and not known to treat the disease, as in
KEDRec-LM (arXiv:2502.20350). Right drugs are more popular than drugs at large, since each treatment is a
question. So each question draws how many of its hard negatives are to be more popular than the right drug
and how many less, by treatments and independently by links; an answerer that picks the most popular drug
is then right as often as by chance.
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

__all__ = ["CandidateMix", "NegativeChooser"]

_MATCHED_POOL = 15  # drugs of about as many links that a degree-matched negative is drawn from


@dataclass(frozen=True, slots=True)
class CandidateMix:
    """Numbers of a question's candidates, by kind of negative.

    Attributes:
        candidates: all candidates, the right one included; 2 or more.
        hard, matched: hard and degree-matched negatives; the others are random.

    Raises:
        UsageError: the numbers don't fit.
    """

    candidates: int = 8
    hard: int = 4
    matched: int = 2

    @classmethod
    def with_defaults(cls, candidates: int, hard: int | None = None, matched: int | None = None) -> Self:
        """A recipe whose wrong candidates are by default 4 in 7 hard and 2 in 7 degree-matched."""
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


class NegativeChooser:
    """Chooses negatives.

    Args:
        drugs: ids of the graph's drugs, in the adjacency's order.
        treatments: of the graph.
        popularity: of the same drugs, in that order.
        embedding: of the same graph; None where no hard negatives are wanted.
        recipe: numbers by kind.

    Raises:
        EmptyGraphError: the graph has too few drugs for the recipe.
    """

    def __init__(
        self,
        drugs: Sequence[str],
        treatments: Treatments,
        popularity: Popularity,
        embedding: GraphEmbedding | None,
        recipe: CandidateMix,
    ) -> None:
        self._drugs, self._treatments, self._popularity = list(drugs), treatments, popularity
        self._embedding, self._recipe = embedding, recipe
        self._index = {drug: index for index, drug in enumerate(self._drugs)}
        self._linked = popularity.links > 0
        logs = np.log1p(np.stack([popularity.treatments, popularity.links]).astype(np.float64))
        self._scaled_logs = logs / np.maximum(logs.std(axis=1, keepdims=True), 1e-9)
        if int(self._linked.sum()) < recipe.candidates:
            raise EmptyGraphError(
                f"The graph has {int(self._linked.sum())} drugs with links; a question has "
                f"{recipe.candidates} candidates.",
                "Give fewer --candidates, or load a source with more drugs.",
            )

    def choose(
        self, treatment: Treatment, rng: Random, allowed: Callable[[str], bool]
    ) -> tuple[Negative, ...] | None:
        """Chooses a question's negatives, by kind; None where there are too few drugs to choose from.

        Args:
            treatment: the right answer.
            rng: of the question.
            allowed: true for drugs that may be candidates.
        """
        excluded = self._treatments.not_wrong(treatment.disease)
        canonical = self._treatments.canonical_drug
        pool = {
            index
            for index in np.flatnonzero(self._linked).tolist()
            if (drug := self._drugs[index]) not in excluded
            and canonical[drug] != canonical[treatment.drug]
            and allowed(drug)
        }
        recipe, right = self._recipe, self._index[treatment.drug]
        if len(pool) < recipe.candidates - 1:
            return None
        used_ids: set[str] = set()  # canonical ids

        def take(indices: Sequence[int], kind: str) -> list[Negative]:
            batch = []
            for index in indices:
                pool.discard(index)
                used_ids.add(canonical[self._drugs[index]])
                batch.append(Negative.model_validate({"id": self._drugs[index], "kind": kind}))
            # A salt of a candidate is the same candidate.
            pool.difference_update([index for index in pool if canonical[self._drugs[index]] in used_ids])
            return batch

        negatives: list[Negative] = []
        if recipe.hard and self._embedding is not None:
            negatives += take(self._hard(right, sorted(pool), rng), "hard")
        if recipe.matched:
            negatives += take(self._matched(right, sorted(pool), rng), "degree-matched")
        missing = recipe.candidates - 1 - len(negatives)
        while missing and pool:
            negatives += take(rng.sample(sorted(pool), 1), "random")
            missing -= 1
        return tuple(negatives) if not missing else None

    def _hard(self, right: int, pool: Sequence[int], rng: Random) -> list[int]:
        """The nearest drugs, as many of them more and less popular than the right one as drawn."""
        if self._embedding is None:
            return []
        cosines = self._embedding.nearness(right)[pool]
        order = np.argsort(-cosines.round(5), kind="stable")
        near = np.array(self._without_salts([pool[position] for position in order.tolist()]))
        count = min(self._recipe.hard, len(near))
        more_treated = set(rng.sample(range(count), rng.randint(0, count)))
        more_linked = set(rng.sample(range(count), rng.randint(0, count)))
        selection: list[int] = []
        for slot in range(count):
            # The fewest unmet conditions, then the nearest; treatments weigh more than links.
            has_more_links = self._popularity.links[near] > self._popularity.links[right]
            misses = 2 * self._misses(near, right, more_popular=slot in more_treated) + (
                has_more_links != (slot in more_linked)
            )
            best = int(np.argmin(misses))
            selection.append(int(near[best]))
            near = np.delete(near, best)
        return selection

    def _matched(self, right: int, pool: Sequence[int], rng: Random) -> list[int]:
        """Drugs of about as many treatments and links, at random."""
        count = self._recipe.matched
        more_treated = set(rng.sample(range(count), rng.randint(0, count)))
        distances = np.abs(self._scaled_logs[:, pool] - self._scaled_logs[:, [right]]).sum(axis=0).round(6)
        tie_breakers = np.array([rng.random() for _ in pool])
        order = np.lexsort((tie_breakers, distances))
        near = np.array(self._without_salts([pool[position] for position in order.tolist()]))
        selection: list[int] = []
        for slot in range(min(count, len(near))):
            fitting = near[~self._misses(near, right, more_popular=slot in more_treated)]
            drug = rng.choice((fitting if len(fitting) else near)[:_MATCHED_POOL].tolist())
            near = near[near != drug]
            selection.append(drug)
        return selection

    def _misses(self, indices: NDArray[np.int64], right: int, *, more_popular: bool) -> NDArray[np.bool_]:
        """Masks drugs that aren't more (else less) popular than the right one, by treatments.

        A less popular drug has no more treatments than the right one has without the question's own; a more
        popular one has more than the right one has with it. So the order is the same whether an answerer
        sees the question's treatment or not.
        """
        own, others = int(self._popularity.treatments[right]), self._popularity.treatments[indices]
        misses: NDArray[np.bool_] = others <= own if more_popular else others > own - 1
        return misses

    def _without_salts(self, indices: Sequence[int]) -> list[int]:
        """The first of all drugs that denote the same entity, in order."""
        first: dict[str, int] = {}
        for index in indices:
            first.setdefault(self._treatments.canonical_drug[self._drugs[index]], index)
        return list(first.values())
