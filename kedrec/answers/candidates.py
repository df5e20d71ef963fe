"""Searches scored pairs for those to recommend: with a reason, a status that was asked for, and in groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kedrec.answers.clinical_status import ClinicalStatuses
from kedrec.answers.grouping import group_key, has_warning, shared_classes
from kedrec.answers.pair_summary import evidence_gap, remarks, unsuitable
from kedrec.answers.related_treatments import RelatedTreatments
from kedrec.common.recently_used import RecentlyUsed
from kedrec.evidence.pair_evidence import PairEvidence, retrieve
from kedrec.pathlogic.disposition import is_disposition_class
from kedrec.safety.assessment import SafetyAssessor
from kedrec.types import Texts

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.documents.background import TextFinder
    from kedrec.naming import NameIndex
    from kedrec.ranking import PairScore, Ranker
    from kedrec.stores import GraphStore
    from kedrec.types import ClinicalStage, ClinicalStatus, Entity, RelatedTreatment, Safety

__all__ = ["Candidate", "CandidateSearch", "SearchResult"]

_MAX_PASSED_OVER = 50  # drugs passed over before the search ends
_MAX_MEMBERS = 50  # drugs that go with one shown before the search for others ends
_STATUS_TEXTS = 3  # trials of either stance by which a pair's status is judged
_LOOK_AHEAD = 5  # drugs after the last one shown that are looked at, whether they go with one
_MOST_REMEMBERED = 2000  # paths of remembered pairs, some 9 KB each


@dataclass(frozen=True, slots=True)
class Candidate:
    """A scored pair with its evidence, safety, related treatments and texts."""

    score: PairScore
    evidence: PairEvidence
    safety: Safety
    related: tuple[RelatedTreatment, ...]
    texts: Texts

    @property
    def gap(self) -> str:
        """The reason why the pair is passed over in a search, as a sentence; "" without one."""
        return evidence_gap(self.evidence) or unsuitable(self.score, self.evidence, self.safety, self.related)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The result of a search among scored pairs.

    Attributes:
        candidates: the pairs to show, best first.
        members: pairs that go with one of them, each with that one.
        passed_over: pairs that rank before the last of them and lack evidence, or are unsuitable.
        hidden: number of contraindicated pairs that were left out.
        status_left_out: number of pairs that were left out for their clinical status.
    """

    candidates: list[Candidate]
    members: list[tuple[Candidate, Candidate]]
    passed_over: list[Candidate]
    hidden: int
    status_left_out: int


class CandidateSearch:
    """Finds pairs to recommend among scored ones, and remembers those assessed last.

    Args:
        store: the graph.
        names: its entities' names.
        ranker: its ranking.
        progress: called with stage, items done and total as the work goes on.
        taken: called with each pair that is recommended, without its texts, as soon as it is found.
    """

    def __init__(
        self,
        store: GraphStore,
        names: NameIndex,
        ranker: Ranker,
        progress: Progress | None = None,
        taken: Callable[[Candidate], None] | None = None,
    ) -> None:
        self._store = store
        self._names = names
        self._ranker = ranker
        self._progress = progress
        self._taken = taken
        self._safety = SafetyAssessor(store, names, ranker.adjacency)
        self._related = RelatedTreatments(store, names, ranker.adjacency)
        self._clinical = ClinicalStatuses(store, ranker.adjacency)
        self._assessed = RecentlyUsed[tuple[str, str, int, bool], Candidate](_MOST_REMEMBERED, _path_count)

    def search(
        self,
        scores: Sequence[PairScore],
        paths: int,
        *,
        top: int | None,
        hide: bool = False,
        has_status: Callable[[PairScore], bool] | None = None,
        diverse: bool = False,
        grouped: bool = True,
    ) -> SearchResult:
        """The scored pairs with their evidence.

        With `top`, the first `top` pairs with evidence: one without a path is passed over, since it can't be
        explained, and so is an unsuitable one. A few more are looked at, to name those that go with one of
        them.

        Args:
            scores: the pairs, best first.
            paths: most evidence paths a pair.
            top: number of pairs wanted; None: all of them.
            hide: leave out contraindicated pairs.
            has_status: whether a pair has the clinical status that is asked for; None: any will do.
            diverse: take one pair of those that go together.
            grouped: whether pairs may go together.
        """
        result = SearchResult([], [], [], 0, 0)
        shown: dict[tuple[object, ...], Candidate] = {}
        hidden = status_left_out = looked_at = 0
        limit = len(scores) if top is None else min(top, len(scores))
        for score in scores:
            is_full = len(result.candidates) >= limit
            if max(len(result.passed_over) / _MAX_PASSED_OVER, len(result.members) / _MAX_MEMBERS) >= 1 or (
                is_full and (top is None or not grouped or looked_at >= _LOOK_AHEAD)
            ):
                break
            if has_status is not None and not has_status(score):
                status_left_out += not is_full
                continue
            looked_at += is_full
            if self._progress is not None:
                self._progress("Finding paths", len(result.candidates), limit)
            candidate = self._candidate(score, paths)
            if hide and candidate.safety.contraindicated:
                hidden += not is_full
                continue
            if top is not None and candidate.gap:
                result.passed_over.extend([] if is_full else [candidate])
                continue
            key = self._group_key(candidate) if grouped and top is not None else None
            if key is not None and (diverse or is_full) and key in shown:
                result.members.append((candidate, shown[key]))
            elif not is_full:
                result.candidates.append(candidate)
                if self._taken is not None:
                    self._taken(candidate)
                if key is not None:
                    shown.setdefault(key, candidate)
        return replace(result, hidden=hidden, status_left_out=status_left_out)

    def _candidate(self, score: PairScore, paths: int) -> Candidate:
        """A pair with its evidence; the graph is read where it isn't remembered."""
        key = (score.drug, score.disease, paths, bool(score.known))
        candidate = self._assessed.get(key)
        if candidate is None:
            drug = self._names.entity(score.drug, "Drug")
            disease = self._names.entity(score.disease, "Disease")
            candidate = self.assess(score, retrieve(self._store, self._ranker, drug, disease, k=paths))
            self._assessed.put(key, candidate)
        return replace(candidate, score=score)

    def assess(self, score: PairScore, evidence: PairEvidence) -> Candidate:
        """A pair with its safety and related treatments, without texts."""
        drug, disease = evidence.drug, evidence.disease
        related = () if score.known else self._related.find(drug.id, disease.id)
        return Candidate(score, evidence, self._safety.assess(evidence), related, Texts())

    def _group_key(self, candidate: Candidate) -> tuple[object, ...]:
        """A key that pairs of one group share."""
        pair, score = candidate.evidence, candidate.score
        drug_class = self.drug_class(pair.drug.id)
        return group_key(
            pair.evidence,
            (pair.drug.id, pair.disease.id),
            known=bool(score.known),
            warned=has_warning(remarks(score, pair, candidate.safety, candidate.texts, candidate.related)),
            drug_class=drug_class.id if drug_class else "",
        )

    def drug_class(self, drug: str) -> Entity | None:
        """The broadest class of a drug that says something of its effect; None without one."""
        for id_ in shared_classes(self._ranker.adjacency, drug):
            entity = self._names.entity(id_, "PharmacologicClass")
            if not is_disposition_class(entity.name):
                return entity
        return None

    def status(self, drug: str, disease: str, texts: Texts) -> ClinicalStatus:
        """The clinical status of a pair with its texts."""
        return self._clinical.status(drug, disease, texts)

    def has_status(self, status: ClinicalStage, texts: TextFinder, score: PairScore) -> bool:
        """True if a pair has a clinical stage, by the graph and by its texts where those can tell."""
        by_graph = status in self._clinical.status(score.drug, score.disease).stages
        if (by_graph and status != "unknown") or status == "approved" or texts.usage.background == "none":
            return by_graph
        pair = (self._names.entity(score.drug, "Drug"), self._names.entity(score.disease, "Disease"))
        [pair_texts] = texts.find_texts([pair], self._names, _STATUS_TEXTS)
        return status in self._clinical.status(score.drug, score.disease, pair_texts).stages


def _path_count(candidate: Candidate) -> int:
    """Number of a pair's paths for and against, and one for the pair itself."""
    return 1 + len(candidate.evidence.evidence) + len(candidate.evidence.adverse)
