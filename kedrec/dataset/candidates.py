"""What a question says of one candidate: evidence without the answer, texts, and a curated rationale.

Hidden is the pair's own treatment, the mechanism that curators drew for it, and what says the same in other
words: a treatment of a synonym, or of a disease a step above or below, by the drug or a salt of it. In each
config, treatments and mechanisms that validation or test ask for are hidden as well, whatever the pair.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from kedrec.dataset.question_types import CitedPath, TextPointer
from kedrec.evidence.mechanisms import Indication, Without
from kedrec.evidence.pair_evidence import retrieve
from kedrec.evidence.verbalize import evidence_item, merge_step
from kedrec.schema import load_schema
from kedrec.training.path_choice import agreement
from kedrec.training.targets import realize
from kedrec.types import Entity, Evidence
from kedrec.types.base import Frozen

if TYPE_CHECKING:
    from kedrec.dataset.splits import Config, Division
    from kedrec.dataset.treatments import Pair, Treatments
    from kedrec.documents.passage_index import Passage, PassageIndex
    from kedrec.ranking import Ranker
    from kedrec.stores.base import GraphStore

__all__ = ["Curated", "PairFacts", "PairTask", "PairWork", "Seen", "Shown", "digest_of"]

_SPARE = 3  # times as many paths as are shown are looked at, since some are hidden
_MORE = 3  # paths more than are shown, since a question may not show all
_CURATED = 8  # paths that are looked through for those of a curated mechanism


class Seen(Frozen):
    """A path of a pair.

    Attributes:
        tells: drugs that the path says to treat the disease, or whose mechanism for it the path is made of:
            a question whose answer is one of them doesn't show it.
    """

    path: CitedPath
    tells: tuple[str, ...] = ()


class Shown(Frozen):
    """The paths of a pair that a config may show, best first: those that support, then those against."""

    config: str
    paths: tuple[Seen, ...] = ()


class Curated(Frozen):
    """A pair's curated mechanism written out, and the paths that it cites."""

    rationale: str
    paths: tuple[CitedPath, ...]


class PairFacts(Frozen):
    """All that questions say of a drug and a disease; ids are the pair's own."""

    drug: str
    disease: str
    shown: tuple[Shown, ...]
    trials: tuple[TextPointer, ...] = ()
    literature: tuple[TextPointer, ...] = ()
    curated: Curated | None = None

    def paths(self, config: str) -> tuple[Seen, ...]:
        """What a config may show."""
        return next((one.paths for one in self.shown if one.config == config), ())


@dataclass(frozen=True, slots=True)
class PairTask:
    """A pair to be worked on: for which configs, and whether it is a right answer."""

    drug: str
    disease: str
    configs: tuple[Config, ...]
    right: bool


@dataclass(frozen=True)
class PairWork:
    """What is the same for all pairs; it travels to other processes.

    Attributes:
        treatments: of the graph.
        divisions: by config.
        indications: what curated mechanisms state, by pair.
        paths, adverse: most paths a candidate that support, and that speak against.
        texts: most trials, and most articles, a candidate.
        vocabulary: of the graph's names, to tell whether the texts were linked with them.
        curated: whether right answers get a curated rationale.
        seed: of the words.
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
    ) -> PairFacts:
        """Works on one pair.

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
            view = Without(ranker.adjacency, own or empty, every=False)
        most = _SPARE * max(self.paths, self.adverse, 1)
        found = retrieve(store, ranker, drug, disease, k=most, adjacency=view)
        shown = tuple(
            Shown(config=config, paths=self._shown(found.evidence, found.adverse, task, config))
            for config in task.configs
        )
        trials, literature = self._texts(index, drug, disease)
        curated = None
        if task.right and self.curated:
            curated = self._curated(store, ranker, (drug, disease), found.adverse)
        return PairFacts(
            drug=task.drug,
            disease=task.disease,
            shown=shown,
            trials=trials,
            literature=literature,
            curated=curated,
        )

    def _entity(self, kind: str, id_: str) -> Entity:
        return Entity(id=id_, kind=kind, name=self.treatments.names[id_])

    def _shown(
        self, evidence: Sequence[Evidence], adverse: Sequence[Evidence], task: PairTask, config: Config
    ) -> tuple[Seen, ...]:
        for_it = self._left(evidence, task, config, self.paths + _MORE)
        against = self._left(adverse, task, config, self.adverse + _MORE)
        return tuple(
            Seen(path=CitedPath.of(item), tells=self._tells(item, task)) for item in (*for_it, *against)
        )

    def _left(self, items: Iterable[Evidence], task: PairTask, config: Config, most: int) -> list[Evidence]:
        found: list[Evidence] = []
        for item in items:
            if len(found) == most:
                break
            left = self._without_hidden(item, task, config)
            if left is not None:
                found.append(left)
        return found

    def _without_hidden(self, item: Evidence, task: PairTask, config: Config) -> Evidence | None:
        """The item without edges that are hidden; None where a step has none left."""
        if item.path is None:
            return None
        relations, steps, changed = load_schema().relations, [], False
        ends = [node.id for node in item.path.nodes]
        for place, step in enumerate(item.path.steps):
            pair = (ends[place], ends[place + 1]) if step.forward else (ends[place + 1], ends[place])
            cares = relations[step.relation].effect == "benefit"
            if cares and (self._echo(pair, task) or self.divisions[config].hidden(*pair)):
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

    def _tells(self, item: Evidence, task: PairTask) -> tuple[str, ...]:
        """Drugs whose treatment of the disease, or of one near it, a step of the path rests on."""
        relations, near = load_schema().relations, self.treatments.near(task.disease)
        found: set[str] = set()
        for step in item.path.steps if item.path else ():
            drawn_for = {
                self.treatments.mechanisms.get(one) for edge in step.edges for one in edge.mechanisms
            }
            drugs = {pair[0] for pair in drawn_for if pair and pair[1] in near}
            if all(edge.mechanisms for edge in step.edges) and all(
                pair and pair[1] in near and len(drugs) == 1 for pair in drawn_for
            ):
                found |= drugs  # without their mechanisms nothing states the step
            if relations[step.relation].effect == "benefit":
                found |= {edge.start for edge in step.edges if edge.end in near}
        return tuple(sorted(found))

    def _echo(self, pair: Pair, task: PairTask) -> bool:
        """Whether a treatment says what is asked for, of kin of the drug and of the disease."""
        kin = self.treatments.drug_kin
        return kin.get(pair[0]) == kin.get(task.drug) and pair[1] in self.treatments.near(task.disease)

    def _drawn_for_hidden(self, mechanisms: Sequence[str], task: PairTask, config: Config) -> bool:
        """Whether an edge is known only from mechanisms of treatments that are hidden."""
        pairs = [self.treatments.mechanisms.get(mechanism) for mechanism in mechanisms]
        return bool(pairs) and all(
            pair is not None and (self._echo(pair, task) or self.divisions[config].hidden(*pair))
            for pair in pairs
        )

    def _curated(
        self,
        store: GraphStore,
        ranker: Ranker,
        pair: tuple[Entity, Entity],
        adverse: Sequence[Evidence],
    ) -> Curated | None:
        """The curated mechanism as cited sentences that pass the gate; None where there is none."""
        own = self.indications.get((pair[0].id, pair[1].id))
        if own is None:
            return None
        drawn_for = (pair[0].id, pair[1].id)
        mechanisms = [name for name, of in self.treatments.mechanisms.items() if of == drawn_for]
        found = retrieve(store, ranker, *pair, k=_CURATED)
        items = [item for item in found.evidence if item.path and agreement(item.path, mechanisms) == 1.0]
        numbered = [item.model_copy(update={"id": f"P{place}"}) for place, item in enumerate(items, 1)]
        rng = Random(f"{self.seed}:{pair[0].id}:{pair[1].id}")  # noqa: S311  # draws words, no secrets
        text = realize(*pair, numbered, adverse, rng, mechanisms=mechanisms)
        cited = [item for item in (*numbered, *adverse) if f"[{item.id}]" in text]
        return Curated(rationale=text, paths=tuple(map(CitedPath.of, cited))) if text else None

    def _texts(
        self, index: PassageIndex | None, drug: Entity, disease: Entity
    ) -> tuple[tuple[TextPointer, ...], tuple[TextPointer, ...]]:
        from kedrec.documents.passage_search import for_pair

        if index is None or not self.texts:
            return (), ()
        found = for_pair(index, drug, disease, "both", self.texts, vocabulary=self.vocabulary)
        trials = tuple(
            _pointer(f"T{place}", trial.passage).model_copy(update={"stance": trial.stance})
            for place, trial in enumerate(found.trials, 1)
        )
        return trials, tuple(_pointer(f"L{place}", one) for place, one in enumerate(found.passages, 1))


def digest_of(text: str) -> str:
    """SHA-256 of a text in UTF-8, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _pointer(id_: str, passage: Passage) -> TextPointer:
    return TextPointer(
        id=id_, passage=passage.id, document=passage.document, start=passage.start, end=passage.end,
        sha256=digest_of(passage.text), date=passage.date, licence=passage.licence, url=passage.url,
    )  # fmt: skip
