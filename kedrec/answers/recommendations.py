"""From scored pairs to recommendations: evidence, safety, rationale and standing of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from kedrec.answers.manifest import as_of_told, model_name
from kedrec.answers.verdict import badge, flags, stopped, too_little, verdict
from kedrec.evidence.pair_evidence import PairEvidence, retrieve
from kedrec.grounding import check, from_evidence
from kedrec.llm.prompting import model_request, takes_texts
from kedrec.safety.assessment import SafetyBook
from kedrec.types import SMALLER, Coverage, PassedOver, Recommendation, ScorePart, Texts

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.documents.background import Backgrounds
    from kedrec.llm.base import ChatModel
    from kedrec.naming import NameIndex
    from kedrec.ranking import PairScore, Ranker
    from kedrec.stores import GraphStore
    from kedrec.types import Entity, Rationale, Safety

__all__ = ["Answering", "Found", "Made", "Search", "Side", "abstention"]

Side = Literal["Disease", "Drug"]
"""The kind of what was asked: drugs are ranked for a `Disease`, diseases for a `Drug`."""

_ANSWER_TOKENS = 200
_AT_ONCE = 4  # rationales asked for in one go; an endpoint answers them at once, llama.cpp in turn
_MOST_PARTS = 40  # parts of a score that are told one by one; of hundreds most change nothing
_MOST_PASSED = 100  # drugs passed over for want of evidence before the search ends


@dataclass(frozen=True, slots=True)
class Found:
    """A scored pair with what the graph, and texts, say for and against it."""

    score: PairScore
    evidence: PairEvidence
    safety: Safety
    texts: Texts


@dataclass(frozen=True, slots=True)
class Search:
    """What a search among scored pairs found.

    Attributes:
        found: the pairs to show, best first.
        passed: those that rank before the last of them and have too little to be explained.
        hidden: how many contraindicated ones were left out.
    """

    found: list[Found]
    passed: list[Found]
    hidden: int


@dataclass(frozen=True, slots=True)
class Made:
    """Recommendations, and what became of the pairs that are none.

    Attributes:
        hidden: how many contraindicated ones were left out, as asked.
        known: how many known treatments were left out, as asked.
        passed: those with too little to be explained.
    """

    recommendations: tuple[Recommendation, ...] = ()
    hidden: int = 0
    known: int = 0
    passed: tuple[PassedOver, ...] = ()


class Answering:
    """Makes recommendations of scored pairs.

    Args:
        store: the graph.
        names: its entities' names.
        ranker: its ranking.
        model: gives the language model; asked for only where a rationale is to be written.
        seed: of the language model.
        progress: called as the work goes on, where there is any.
    """

    def __init__(
        self,
        store: GraphStore,
        names: NameIndex,
        ranker: Ranker,
        model: Callable[[], ChatModel],
        *,
        seed: int,
        progress: Progress | None = None,
    ) -> None:
        self._store = store
        self._names = names
        self._ranker = ranker
        self._model = model
        self._seed = seed
        self._progress = progress
        self._safety = SafetyBook(store, names, ranker.adjacency)

    def recommendations(
        self,
        side: Side,
        ranked: Sequence[PairScore],
        chosen: Sequence[PairScore],
        paths: int,
        top: int | None,
        *,
        llm: bool,
        texts: tuple[Backgrounds, int],
        new: bool = False,
        hide: bool = False,
    ) -> Made:
        """The recommendations of the chosen among the ranked; `texts`: where from, and how many a pair."""
        if top is not None and not self._ranker.tells(ranked):
            return Made()
        ranks = {(score.drug, score.disease): rank for rank, score in enumerate(ranked, start=1)}
        joined = [score for score in chosen if top is None or score.informed]
        left = [score for score in joined if not (new and score.known)]
        search = self.find(left, paths, top=top, hide=hide)
        found = self.with_texts(search.found, *texts)
        rationales = self.rationales(found, llm=llm)

        def rank(one: Found) -> int:
            return ranks[one.score.drug, one.score.disease]

        made = tuple(
            self.recommendation(one, rationale, rank=rank(one), of=len(ranked), side=side)
            for one, rationale in zip(found, rationales, strict=True)
        )
        return Made(made, search.hidden, len(joined) - len(left), self.passed(search, rank, side))

    def find(self, scores: Sequence[PairScore], paths: int, *, top: int | None, hide: bool = False) -> Search:
        """The scored pairs with their evidence.

        With `top`, the first that many with enough evidence: a pair that one path alone speaks for is
        passed over, since it can't be explained. Where all are such, the first that many all the same.

        Args:
            scores: the pairs, best first.
            paths: most evidence paths a pair.
            top: how many to find; None: all of them.
            hide: leave out contraindicated pairs.
        """
        found: list[Found] = []
        passed: list[Found] = []
        hidden = 0
        total = len(scores) if top is None else min(top, len(scores))
        for score in scores:
            if len(found) >= total or len(passed) >= _MOST_PASSED:
                break
            self._report("Finding paths", len(found), total)
            drug = self._names.entity(score.drug, "Drug")
            disease = self._names.entity(score.disease, "Disease")
            evidence = retrieve(self._store, self._ranker, drug, disease, k=paths)
            safety = self._safety.assess(evidence)
            if hide and safety.contraindicated:
                hidden += 1
                continue
            little = top is not None and too_little(evidence)
            (passed if little else found).append(Found(score, evidence, safety, Texts()))
        return Search(found, passed, hidden) if found else Search(passed[:top], [], hidden)

    def with_texts(self, found: Sequence[Found], backgrounds: Backgrounds, most: int) -> list[Found]:
        """The pairs with their texts; `most` as of `Backgrounds.of`.

        Raises:
            DataError: the index of texts can't be read.
        """
        if backgrounds.used.background == "none" or not found:
            return [replace(one, texts=Texts(note=backgrounds.used.note)) for one in found]
        self._report("Finding texts", 0, None)
        pairs = [(one.evidence.drug, one.evidence.disease) for one in found]
        texts = backgrounds.of(pairs, self._names, most)
        return [replace(one, texts=some) for one, some in zip(found, texts, strict=True)]

    def rationales(self, found: Sequence[Found], *, llm: bool) -> list[Rationale]:
        """One rationale a pair: the model's words where there is enough evidence, else the evidence's."""
        pairs = [one.evidence for one in found]
        rationales = [
            from_evidence(pair.evidence, too_little(pair) or "No model was asked.") for pair in pairs
        ]
        asked = [number for number, pair in enumerate(pairs) if llm and not too_little(pair)]
        if not asked:
            return rationales
        self._report("Loading the language model", 0, None)
        model = self._model()
        told = [one.texts.all if takes_texts(model) else () for one in found]
        prompts = [
            model_request(
                model, pairs[number], max_tokens=_ANSWER_TOKENS, seed=self._seed, texts=told[number]
            )
            for number in asked
        ]
        for start in range(0, len(asked), _AT_ONCE):
            self._report("Writing rationales", start, len(asked))
            batch = range(start, min(start + _AT_ONCE, len(asked)))
            responses = model.chat_many([prompts[place].request for place in batch])
            for place, response in zip(batch, responses, strict=True):
                pair = pairs[asked[place]]
                checked = check(
                    response.text,
                    pair.drug,
                    pair.disease,
                    pair.evidence,
                    pair.adverse,
                    texts=told[asked[place]],
                    model=model_name(model),
                )
                rationales[asked[place]] = checked.model_copy(update={"unread": prompts[place].dropped})
        return rationales

    def recommendation(
        self, found: Found, rationale: Rationale, *, rank: int, of: int, side: Side
    ) -> Recommendation:
        """One pair as it is given back: the `rank`-th of `of`."""
        score, pair = found.score, found.evidence
        coverage = Coverage(
            paths=pair.paths,
            metapaths=pair.metapaths,
            drug_edges=self._ranker.links("Drug", pair.drug.id),
            disease_edges=self._ranker.links("Disease", pair.disease.id),
            disease_treatments=self._ranker.treatments(pair.disease.id) - bool(score.known),
            enough=not too_little(pair),
            reason=too_little(pair),
        )
        parts = _shown(score.parts)
        standing = badge(self._store, score, pair)
        return Recommendation(
            rank=rank,
            drug=pair.drug,
            disease=pair.disease,
            score=score.score,
            probability=score.probability,
            low=score.low,
            high=score.high,
            prior=score.prior,
            drug_percentile=score.drug_percentile,
            disease_percentile=score.disease_percentile,
            unseen=score.unseen,
            known=score.known,
            badge=standing,
            verdict=verdict(rank, of, score, pair, found.safety, side=side) + stopped(found.texts),
            rationale=rationale,
            evidence=pair.evidence,
            adverse=pair.adverse,
            safety=found.safety,
            base=score.score - sum(part.contribution for part in parts),
            score_parts=parts,
            coverage=coverage,
            flags=flags(score, pair, found.safety, standing, found.texts),
            texts=found.texts,
            as_of=as_of_told(self._store, (*pair.evidence, *pair.adverse, *found.safety.cautions)),
        )

    def passed(self, search: Search, rank: Callable[[Found], int], side: Side) -> tuple[PassedOver, ...]:
        """Those that a search passed over and that rank before the last of what it found."""
        last = max(map(rank, search.found), default=0)
        return tuple(
            PassedOver(
                rank=rank(one),
                entity=_asked_of(one, side),
                paths=one.evidence.paths,
                reason=too_little(one.evidence),
            )
            for one in search.passed
            if rank(one) < last
        )

    def _report(self, stage: str, done: int, total: int | None) -> None:
        if self._progress is not None:
            self._progress(stage, done, total)


def _asked_of(found: Found, side: Side) -> Entity:
    return found.evidence.drug if side == "Disease" else found.evidence.disease


def _shown(parts: Sequence[ScorePart]) -> tuple[ScorePart, ...]:
    """The parts that change a score most, largest first, and the rest added up; the sum stays."""
    if len(parts) <= _MOST_PARTS:
        return tuple(parts)
    order = sorted(parts, key=lambda part: -abs(part.contribution))
    rest = sum(part.contribution for part in order[_MOST_PARTS:])
    kept = sorted(order[:_MOST_PARTS], key=lambda part: -part.contribution)
    smaller = ScorePart(metapath=SMALLER, template="", value=0.0, contribution=rest)
    return (*kept, smaller)


def abstention(ranker: Ranker, ranked: Sequence[PairScore], made: Made, noun: str, nothing: str) -> str:
    """Why nothing is recommended, as a sentence; "" where something is.

    Args:
        ranker, ranked: the ranking and its pairs, best first.
        made: what became of the pairs that could be recommended.
        noun: what is recommended: `drug`, `disease`.
        nothing: that no path leads there, in words.
    """
    if made.recommendations:
        return ""
    reasons = []
    if made.known:
        known = "a known treatment" if made.known == 1 else "known treatments"
        reasons.append(f"{made.known:,} {'is' if made.known == 1 else 'are'} {known}, and left out as asked")
    if made.hidden:
        reasons.append(
            f"{made.hidden:,} {'is' if made.hidden == 1 else 'are'} contraindicated, and hidden as asked"
        )
    if reasons:
        all_of = f"No {noun} is left of the {made.known + made.hidden:,} that could be recommended"
        return f"{all_of}: {'; '.join(reasons)}."
    if ranker.tells(ranked):
        return f"Not enough in the graph: {nothing}."
    best = ranked[0]
    return (
        f"Not enough in the graph: the best chance is {best.probability:.1%} (95 % interval "
        f"{best.low:.1%} to {best.high:.1%}), not surely above the {ranker.base_rate:.1%} of any pair. "
        "`kedrec rank` writes the scores all the same."
    )
