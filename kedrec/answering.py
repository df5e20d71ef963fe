"""From scored pairs to recommendations: evidence, safety, rationale and standing of each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from kedrec import __version__
from kedrec.evidence.retrieval import PairEvidence, retrieve
from kedrec.grounding import check, from_evidence
from kedrec.llm.default import BASE_FILE
from kedrec.llm.prompting import PROMPT_VERSION, model_request
from kedrec.safety import SafetyBook
from kedrec.stores import VisibleStore, path_templates, view_of
from kedrec.types import SMALLER, AsOf, Coverage, Manifest, Recommendation, ScorePart
from kedrec.verdict import badge, flags, too_little, verdict

if TYPE_CHECKING:
    from kedrec.llm.base import ChatModel
    from kedrec.naming import NameIndex
    from kedrec.ranking import PairScore, Ranker
    from kedrec.stores import Fingerprint, GraphStore
    from kedrec.types import Evidence, Rationale, Safety

__all__ = ["Answering", "Found", "Side", "abstention"]

Progress = Callable[[str, int, int | None], None]
Side = Literal["Disease", "Drug"]
"""The kind of what was asked: drugs are ranked for a `Disease`, diseases for a `Drug`."""

_ANSWER_TOKENS = 200
_AT_ONCE = 4  # rationales asked for in one go; an endpoint answers them at once, llama.cpp in turn
_MOST_PARTS = 40  # parts of a score that are told one by one; of hundreds most change nothing
_MOST_PASSED = 100  # drugs passed over for want of evidence before the search ends


@dataclass(frozen=True, slots=True)
class Found:
    """A scored pair with what the graph says for and against it."""

    score: PairScore
    evidence: PairEvidence
    safety: Safety


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

    def find(
        self, scores: Sequence[PairScore], paths: int, *, top: int | None, hide: bool = False
    ) -> tuple[list[Found], int]:
        """The scored pairs with their evidence, and how many contraindicated ones were hidden.

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
            (passed if little else found).append(Found(score, evidence, safety))
        return found or passed[:top], hidden

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
        prompts = [
            model_request(model, pairs[number], max_tokens=_ANSWER_TOKENS, seed=self._seed)
            for number in asked
        ]
        for start in range(0, len(asked), _AT_ONCE):
            self._report("Writing rationales", start, len(asked))
            batch = range(start, min(start + _AT_ONCE, len(asked)))
            responses = model.chat_many([prompts[place].request for place in batch])
            for place, response in zip(batch, responses, strict=True):
                pair = pairs[asked[place]]
                rationales[asked[place]] = check(
                    response.text,
                    pair.drug,
                    pair.disease,
                    pair.evidence,
                    pair.adverse,
                    model=model_name(model),
                )
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
            verdict=verdict(rank, of, score, pair, found.safety, side=side),
            rationale=rationale,
            evidence=pair.evidence,
            adverse=pair.adverse,
            safety=found.safety,
            base=score.score - sum(part.contribution for part in parts),
            score_parts=parts,
            coverage=coverage,
            flags=flags(score, pair, found.safety, standing),
            as_of=self._as_of((*pair.evidence, *pair.adverse, *found.safety.cautions)),
        )

    def manifest(
        self, fingerprint: Fingerprint, recommendations: Sequence[Recommendation], model: ChatModel | None
    ) -> Manifest:
        """What the recommendations were made from; `model` where one was asked."""
        templates = "\n".join(template.text for template in path_templates())
        shown = [
            item for one in recommendations for item in (*one.evidence, *one.adverse, *one.safety.cautions)
        ]
        licences = {licence for item in shown for licence in item.licences}
        return Manifest(
            kedrec=__version__,
            graph=self._store.url,
            fingerprint=str(fingerprint),
            schema_version=fingerprint.schema_version,
            templates=hashlib.sha256(templates.encode()).hexdigest(),
            ranking=self._ranker.description,
            prompt="" if model is None else PROMPT_VERSION,
            model="" if model is None else model_name(model),
            model_sha256="" if model is None else model.info.sha256,
            seed=self._seed,
            licences=tuple(sorted(licences)),
            overlays=view_of(self._store).overlays,
            as_of=self._as_of(shown),
        )

    def _as_of(self, shown: Sequence[Evidence]) -> AsOf | None:
        """What a view as of a year, and the evidence that is shown of it, rest on; None without a year."""
        year = view_of(self._store).as_of
        if year is None or not isinstance(self._store, VisibleStore):
            return None
        counts = self._store.dated()
        edges = {
            (edge.start, edge.relation, edge.end, edge.source): edge.year
            for item in shown
            if item.path is not None
            for step in item.path.steps
            for edge in step.edges
        }
        return AsOf(
            year=year,
            edges=counts.edges - counts.later,
            undated=counts.undated,
            later=counts.later,
            used=len(edges),
            used_undated=sum(found is None for found in edges.values()),
        )

    def _report(self, stage: str, done: int, total: int | None) -> None:
        if self._progress is not None:
            self._progress(stage, done, total)


def _shown(parts: Sequence[ScorePart]) -> tuple[ScorePart, ...]:
    """The parts that change a score most, largest first, and the rest added up; the sum stays."""
    if len(parts) <= _MOST_PARTS:
        return tuple(parts)
    order = sorted(parts, key=lambda part: -abs(part.contribution))
    rest = sum(part.contribution for part in order[_MOST_PARTS:])
    kept = sorted(order[:_MOST_PARTS], key=lambda part: -part.contribution)
    smaller = ScorePart(metapath=SMALLER, template="", value=0.0, contribution=rest)
    return (*kept, smaller)


def model_name(model: ChatModel) -> str:
    """The model as its rationales are signed; `default` and `base` by what they are."""
    name = BASE_FILE.partition(".")[0] if model.info.name in {"default", "base"} else model.info.name
    return f"{name} + {model.info.adapter}" if model.info.adapter else name


def abstention(ranker: Ranker, ranked: Sequence[PairScore], hidden: int, nothing: str) -> str:
    """Why nothing is recommended, as a sentence.

    Args:
        ranker, ranked: the ranking and its pairs, best first.
        hidden: how many were contraindicated and hidden.
        nothing: that no path leads there, in words.
    """
    if hidden:
        return f"Nothing is left: what could be recommended is contraindicated, and hidden ({hidden:,})."
    if ranker.tells(ranked):
        return f"Not enough in the graph: {nothing}."
    best = ranked[0]
    return (
        f"Not enough in the graph: the best chance is {best.probability:.1%} (95 % interval "
        f"{best.low:.1%} to {best.high:.1%}), not surely above the {ranker.base_rate:.1%} of any pair. "
        "`kedrec rank` writes the scores all the same."
    )
