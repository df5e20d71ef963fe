"""Collects a candidate's part of a question: evidence without the answer, texts and a curated rationale.

Hidden are the pair's own treatment, the mechanism that curators drew for it, and equivalent statements: a
treatment of a synonym, or of a disease a step above or below, by the drug or a salt of it. In each config,
treatments and mechanisms that validation or test ask for are hidden as well, for every pair.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from kedrec.dataset.question_types import CitedPath, TextPointer
from kedrec.evidence.mechanisms import GraphWithoutIndication, Indication
from kedrec.evidence.pair_evidence import retrieve
from kedrec.evidence.verbalize import evidence_item, merge_step
from kedrec.schema import load_schema
from kedrec.training.path_choice import agreement
from kedrec.training.targets import write_target
from kedrec.types import Entity, Evidence
from kedrec.types.base import Frozen

if TYPE_CHECKING:
    from kedrec.dataset.splits import Config, Division
    from kedrec.dataset.treatments import Pair, Treatments
    from kedrec.documents.passage_index import Passage, PassageIndex
    from kedrec.ranking import Ranker
    from kedrec.stores.base import GraphStore

__all__ = [
    "CandidateFacts",
    "CandidatePath",
    "ConfigPaths",
    "CuratedRationale",
    "PairTask",
    "PairWork",
    "digest_of",
]

_OVERSAMPLING = 3  # paths retrieved for each one shown, since some are hidden
_SPARE_PATHS = 3  # stored beyond those shown, since a question may not show all
_CURATED_PATHS = 8  # searched for those of a curated mechanism


class CandidatePath(Frozen):
    """A path of a pair.

    Attributes:
        reveals: drugs that treat the disease by a step of the path, or whose mechanism for it the path comes
            from: a question whose answer is one of them doesn't show the path.
    """

    path: CitedPath
    reveals: tuple[str, ...] = ()


class ConfigPaths(Frozen):
    """The paths of a pair that a config may show, best first: supporting ones, then adverse ones."""

    config: str
    paths: tuple[CandidatePath, ...] = ()


class CuratedRationale(Frozen):
    """A pair's curated mechanism as a rationale, and the paths that it cites."""

    rationale: str
    paths: tuple[CitedPath, ...]


class CandidateFacts(Frozen):
    """Evidence and texts of a drug and a disease, numbered within the pair."""

    drug: str
    disease: str
    by_config: tuple[ConfigPaths, ...]
    trials: tuple[TextPointer, ...] = ()
    literature: tuple[TextPointer, ...] = ()
    curated: CuratedRationale | None = None

    def paths(self, config: str) -> tuple[CandidatePath, ...]:
        """The paths that a config may show."""
        return next((part.paths for part in self.by_config if part.config == config), ())


@dataclass(frozen=True, slots=True)
class PairTask:
    """A pair to collect facts for: its configs, and whether it is a right answer."""

    drug: str
    disease: str
    configs: tuple[Config, ...]
    right: bool


@dataclass(frozen=True)
class PairWork:
    """Settings and data shared by all pairs; sent to worker processes.

    Attributes:
        treatments: of the graph.
        divisions: the splits of each config.
        indications: the statements of curated mechanisms, by pair.
        paths, adverse: most supporting, and most adverse, paths a candidate.
        texts: most trials, and most articles, a candidate.
        vocabulary: digest of the graph's names, to check that the texts were linked with them.
        curated: right answers get a curated rationale.
        seed: of the wording.
    """

    treatments: Treatments
    divisions: Mapping[Config, Division]
    indications: Mapping[Pair, Indication]
    paths: int
    adverse: int
    texts: int
    vocabulary: str
    curated: bool
    seed: int

    def facts(
        self, store: GraphStore, ranker: Ranker, index: PassageIndex | None, task: PairTask
    ) -> CandidateFacts:
        """Collects the facts of one pair.

        Args:
            store, ranker: the graph and its ranking.
            index: the texts, None where there are none.
            task: the pair.
        """
        drug, disease = self._entity("Drug", task.drug), self._entity("Disease", task.disease)
        view = None
        if task.right:
            own = self.indications.get((task.drug, task.disease))
            empty = Indication(task.drug, task.disease, frozenset(), frozenset(), {})
            view = GraphWithoutIndication(ranker.adjacency, own or empty, every=False)
        limit = _OVERSAMPLING * max(self.paths, self.adverse, 1)
        pair_evidence = retrieve(store, ranker, drug, disease, k=limit, adjacency=view)
        by_config = tuple(
            ConfigPaths(
                config=config,
                paths=self._visible_paths(pair_evidence.evidence, pair_evidence.adverse, task, config),
            )
            for config in task.configs
        )
        trials, literature = self._texts(index, drug, disease)
        curated = None
        if task.right and self.curated:
            curated = self._curated_rationale(store, ranker, (drug, disease), pair_evidence.adverse)
        return CandidateFacts(
            drug=task.drug,
            disease=task.disease,
            by_config=by_config,
            trials=trials,
            literature=literature,
            curated=curated,
        )

    def _entity(self, kind: str, id_: str) -> Entity:
        return Entity(id=id_, kind=kind, name=self.treatments.names[id_])

    def _visible_paths(
        self, evidence: Sequence[Evidence], adverse: Sequence[Evidence], task: PairTask, config: Config
    ) -> tuple[CandidatePath, ...]:
        supporting = self._visible(evidence, task, config, self.paths + _SPARE_PATHS)
        opposing = self._visible(adverse, task, config, self.adverse + _SPARE_PATHS)
        return tuple(
            CandidatePath(path=CitedPath.of(item), reveals=self._revealed_drugs(item, task))
            for item in (*supporting, *opposing)
        )

    def _visible(
        self, items: Iterable[Evidence], task: PairTask, config: Config, limit: int
    ) -> list[Evidence]:
        visible: list[Evidence] = []
        for item in items:
            if len(visible) == limit:
                break
            remainder = self._without_hidden(item, task, config)
            if remainder is not None:
                visible.append(remainder)
        return visible

    def _without_hidden(self, item: Evidence, task: PairTask, config: Config) -> Evidence | None:
        """The item without hidden edges; None where a step has no other."""
        if item.path is None:
            return None
        relations, steps, changed = load_schema().relations, [], False
        ends = [node.id for node in item.path.nodes]
        for index, step in enumerate(item.path.steps):
            pair = (ends[index], ends[index + 1]) if step.forward else (ends[index + 1], ends[index])
            is_treatment = relations[step.relation].is_care
            if is_treatment and (self._repeats(pair, task) or self.divisions[config].hides(*pair)):
                return None
            edges = [edge for edge in step.edges if not self._drawn_for_hidden(edge.mechanisms, task, config)]
            if not edges:
                return None
            if len(edges) < len(step.edges):
                steps.append(merge_step(step.relation, edges, forward=step.forward))
                changed = True
            else:
                steps.append(step)
        if not changed:
            return item
        path = item.path.model_copy(update={"steps": tuple(steps)})
        return evidence_item(path, item.id, item.score, item.stance)

    def _revealed_drugs(self, item: Evidence, task: PairTask) -> tuple[str, ...]:
        """Drugs whose treatment of the disease, or of one near it, a step of the path rests on, sorted."""
        relations, near = load_schema().relations, self.treatments.near(task.disease)
        revealed: set[str] = set()
        for step in item.path.steps if item.path else ():
            drawn_for = {
                self.treatments.mechanisms.get(mechanism)
                for edge in step.edges
                for mechanism in edge.mechanisms
            }
            drugs = {pair[0] for pair in drawn_for if pair and pair[1] in near}
            if all(edge.mechanisms for edge in step.edges) and all(
                pair and pair[1] in near and len(drugs) == 1 for pair in drawn_for
            ):
                revealed |= drugs  # without their mechanisms nothing states the step
            if relations[step.relation].is_care:
                revealed |= {edge.start for edge in step.edges if edge.end in near}
        return tuple(sorted(revealed))

    def _repeats(self, pair: Pair, task: PairTask) -> bool:
        """True where a treatment states the task's pair in other ids: of the same drug, in a near disease."""
        canonical = self.treatments.canonical_drug
        return canonical.get(pair[0]) == canonical.get(task.drug) and pair[1] in self.treatments.near(
            task.disease
        )

    def _drawn_for_hidden(self, mechanisms: Sequence[str], task: PairTask, config: Config) -> bool:
        """True where an edge comes only from mechanisms of hidden treatments."""
        pairs = [self.treatments.mechanisms.get(mechanism) for mechanism in mechanisms]
        return bool(pairs) and all(
            pair is not None and (self._repeats(pair, task) or self.divisions[config].hides(*pair))
            for pair in pairs
        )

    def _curated_rationale(
        self,
        store: GraphStore,
        ranker: Ranker,
        pair: tuple[Entity, Entity],
        adverse: Sequence[Evidence],
    ) -> CuratedRationale | None:
        """The curated mechanism as cited sentences that pass the gate; None without one."""
        own = self.indications.get((pair[0].id, pair[1].id))
        if own is None:
            return None
        drawn_for = (pair[0].id, pair[1].id)
        mechanisms = [id_ for id_, owner in self.treatments.mechanisms.items() if owner == drawn_for]
        pair_evidence = retrieve(store, ranker, *pair, k=_CURATED_PATHS)
        items = [
            item for item in pair_evidence.evidence if item.path and agreement(item.path, mechanisms) == 1.0
        ]
        numbered_items = [
            item.model_copy(update={"id": f"P{number}"}) for number, item in enumerate(items, 1)
        ]
        rng = Random(f"{self.seed}:{pair[0].id}:{pair[1].id}")  # noqa: S311  # draws words, no secrets
        text = write_target(*pair, numbered_items, adverse, rng, mechanisms=mechanisms)
        cited_items = [item for item in (*numbered_items, *adverse) if f"[{item.id}]" in text]
        return CuratedRationale(rationale=text, paths=tuple(map(CitedPath.of, cited_items))) if text else None

    def _texts(
        self, index: PassageIndex | None, drug: Entity, disease: Entity
    ) -> tuple[tuple[TextPointer, ...], tuple[TextPointer, ...]]:
        from kedrec.documents.passage_search import search_pair

        if index is None or not self.texts:
            return (), ()
        hits = search_pair(index, drug, disease, "both", self.texts, vocabulary=self.vocabulary)
        trials = tuple(
            _pointer(f"T{number}", trial.passage).model_copy(update={"stance": trial.stance})
            for number, trial in enumerate(hits.trials, 1)
        )
        articles = (_pointer(f"L{number}", passage) for number, passage in enumerate(hits.passages, 1))
        return trials, tuple(articles)


def digest_of(text: str) -> str:
    """SHA-256 of a text in UTF-8, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _pointer(id_: str, passage: Passage) -> TextPointer:
    return TextPointer(
        id=id_, passage=passage.id, document=passage.document, start=passage.start, end=passage.end,
        sha256=digest_of(passage.text), date=passage.date, licence=passage.licence, url=passage.url,
    )  # fmt: skip
