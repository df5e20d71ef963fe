"""What speaks against giving a drug in a disease: contraindications with their paths, side effects.

A contraindication is taken over from a disease to its subtypes (IS_A, at most two steps), never from a
subtype to the whole: that is a caution. So is one for a disease that presents with most of the same symptoms.

A side effect may worsen a disease where it is the disease, or a symptom that tells something of it: by name,
or by a cross-reference. Most drugs may cause nausea and many diseases present with it, which says nothing of
the two. So the symptoms are taken from the most telling on, by the share of diseases that present with
it times the share of drugs that cause it, as long as at most one drug in ten causes any of them.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from kedrec.evidence.path_edges import complete_paths
from kedrec.evidence.verbalize import evidence_item
from kedrec.ranking.best_paths import best_paths
from kedrec.safety.side_effects import CAUSES, SimilarDrugs
from kedrec.stores.templates import Hop, PathTemplate
from kedrec.types import Entity, PredictedSideEffect, Safety, SideEffect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from kedrec.evidence.pair_evidence import PairEvidence
    from kedrec.naming import NameIndex
    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.stores import GraphStore
    from kedrec.types import Evidence

__all__ = ["SafetyBook"]

_FORBIDS = "CONTRAINDICATED_FOR"
_CAUSED: tuple[Table, ...] = (CAUSES, ("CAUSES", "Drug", "Symptom"), ("CAUSES", "Drug", "Disease"))
_PRESENTS: Table = ("PRESENTS", "Disease", "Symptom")
_SHOWN = 5  # side effects of each list, and cautions of each kind
_LEAST_SHARED = 2  # symptoms that diseases which look alike share, at least
_MOSTLY = 0.5  # the share of either disease's symptoms that those are, at least
_LIKELY = 0.1  # probability of a predicted side effect, at least
_LIFTED = 2.0  # how many times likelier than for any drug, at least
_BECAUSE = 3  # similar drugs named for a prediction
_BY_CHANCE = 0.1  # the share of drugs that cause any of the telling symptoms, at most


def _caution(name: str, metapath: str, *hops: Hop) -> PathTemplate:
    """A path that only warns: no template of its own, so that it is read as a chain of clauses."""
    nodes = tuple(f"n{place}" for place in range(len(hops) + 1))
    steps = tuple(f"s{place}" for place in range(len(hops)))
    return PathTemplate(name, metapath, hops, nodes, steps, "adverse", "", "")


_SUBTYPE = _caution(
    "contraindicated-for-subtype",
    "Drug CONTRAINDICATED_FOR Disease IS_A Disease",
    Hop(_FORBIDS, forward=True, kind="Disease"),
    Hop("IS_A", forward=True, kind="Disease"),
)
_LOOK_ALIKE = _caution(
    "contraindicated-for-look-alike",
    "Drug CONTRAINDICATED_FOR Disease PRESENTS Symptom < PRESENTS Disease",
    Hop(_FORBIDS, forward=True, kind="Disease"),
    Hop("PRESENTS", forward=True, kind="Symptom"),
    Hop("PRESENTS", forward=False, kind="Disease"),
)


class SafetyBook:
    """Looks up the safety of pairs in one graph.

    Args:
        store: the graph.
        names: its entities' names.
        adjacency: its links.
    """

    def __init__(self, store: GraphStore, names: NameIndex, adjacency: Adjacency) -> None:
        self._store = store
        self._names = names
        self._adjacency = adjacency

    @cached_property
    def _similar(self) -> SimilarDrugs:
        return SimilarDrugs(self._adjacency)

    @cached_property
    def _listed(self) -> int:
        """How many drugs have any side effect listed."""
        listed = np.zeros(len(self._adjacency.ids("Drug")), bool)
        for table in _CAUSED:
            if self._adjacency.has(table):
                listed |= self._adjacency.incidence(table).degrees > 0
        return int(listed.sum())

    def assess(self, found: PairEvidence) -> Safety:
        """What speaks against a pair, whose evidence was retrieved."""
        drug = self._adjacency.number("Drug", found.drug.id)
        disease = self._adjacency.number("Disease", found.disease.id)
        if drug is None or disease is None:
            return Safety()
        against = [item for item in found.adverse if _relations(item)[0] == _FORBIDS]
        cautions = self._cautions(found, drug, disease)
        kinds = {len(_relations(item)): item.id for item in reversed(against)}
        contraindication = "direct" if 1 in kinds else "inherited" if kinds else ""
        if not contraindication and cautions:
            subtype = any(_relations(item)[1] == "IS_A" for item in cautions)
            contraindication = "subtype" if subtype else "look-alike"
        telling = self._telling(found.disease, disease)
        effects, total = self._known(drug, telling)
        return Safety(
            contraindication=contraindication,  # type: ignore[arg-type]  # one of the five just above
            paths=tuple(item.id for item in (*against, *cautions)),
            cautions=cautions,
            side_effects=total,
            worsening=tuple(effect for effect in effects if effect.worsens is not None),
            specific=tuple(effects[:_SHOWN]),
            predicted=self._predicted(drug, telling),
        )

    def _cautions(self, found: PairEvidence, drug: int, disease: int) -> tuple[Evidence, ...]:
        forbidden = self._adjacency.has((_FORBIDS, "Drug", "Disease"))
        if not forbidden or not _row(self._adjacency, (_FORBIDS, "Drug", "Disease"), drug).size:
            return ()
        chosen: list[tuple[PathTemplate, tuple[str, ...], float]] = []
        for template in (_SUBTYPE, _LOOK_ALIKE):
            best = best_paths(self._adjacency, template, drug, disease, _SHOWN)
            if best is None:
                continue
            seen: set[str] = set()
            for nodes, weight in zip(best.paths, best.weights, strict=True):
                # one path a disease: the other symptoms it shares would say the same again
                alike = template is _SUBTYPE or self._looks_alike(nodes[0], disease)
                if nodes[0] not in seen and alike:
                    seen.add(nodes[0])
                    chosen.append((template, (found.drug.id, *nodes, found.disease.id), weight))
        paths = complete_paths(self._store, [(template, nodes) for template, nodes, _ in chosen])
        kept = [
            (path, weight) for path, (_, _, weight) in zip(paths, chosen, strict=True) if path is not None
        ]
        total = sum(weight for _, weight in kept)
        return tuple(
            evidence_item(path, f"C{place}", weight / total, "adverse")
            for place, (path, weight) in enumerate(kept, 1)
        )

    def _looks_alike(self, other: str, disease: int) -> bool:
        """Whether two diseases share two symptoms or more, and at least half of either's."""
        number = self._adjacency.number("Disease", other)
        if number is None:
            return False
        one, two = (_row(self._adjacency, _PRESENTS, place) for place in (number, disease))
        shared = len(np.intersect1d(one, two))
        return shared >= _LEAST_SHARED and shared >= _MOSTLY * max(len(one), len(two))

    def _telling(self, entity: Entity, disease: int) -> dict[str, Entity]:
        """What a disease is, and the symptoms that tell something of it, by the ids of all so named."""
        found = dict.fromkeys(self._ids(entity), entity)
        if not self._adjacency.has(_PRESENTS):
            return found
        diseases = self._adjacency.incidence(_PRESENTS).back_degrees
        numbers = _row(self._adjacency, _PRESENTS, disease)
        symptoms = []
        for number, symptom in zip(numbers.tolist(), self._entities("Symptom", numbers), strict=True):
            ids = self._ids(symptom)
            drugs = sum(self._drugs(id_) for id_ in ids)
            symptoms.append((int(diseases[number]) * drugs, symptom.id, drugs, symptom, ids))
        caused = 0
        for _, _, drugs, symptom, ids in sorted(symptoms, key=lambda one: one[:2]):
            caused += drugs
            if caused > _BY_CHANCE * self._listed:
                break
            for id_ in ids:
                found.setdefault(id_, symptom)
        return found

    def _ids(self, entity: Entity) -> list[str]:
        return [entity.id, *self._names.same_name(entity, "SideEffect")]

    def _drugs(self, effect: str) -> int:
        """How many drugs cause a side effect, a symptom or a disease."""
        found = 0
        for table in _CAUSED:
            number = self._adjacency.number(table[2], effect) if self._adjacency.has(table) else None
            if number is not None:
                found += int(self._adjacency.incidence(table).back_degrees[number])
        return found

    def _worsened(
        self, effects: Sequence[tuple[str, int]], telling: Mapping[str, Entity]
    ) -> dict[str, Entity]:
        """What each side effect that tells something of the disease worsens.

        Args:
            effects: ids, and how many drugs cause each.
            telling: as `_telling` gives it.
        """
        found = {one: telling[one] for one, _ in effects if one in telling}
        rare = [one for one, drugs in effects if one not in found and drugs <= _BY_CHANCE * self._listed]
        for one, id_ in self._names.referring(rare):
            if id_ in telling:
                found.setdefault(one, telling[id_])
        return found

    def _entities(self, kind: str, numbers: NDArray[np.int32]) -> list[Entity]:
        return [self._names.entity(self._adjacency.name(kind, one), kind) for one in numbers.tolist()]

    def _known(self, drug: int, telling: Mapping[str, Entity]) -> tuple[list[SideEffect], int]:
        """The side effects to be shown, those that the fewest drugs have first, and how many there are."""
        listed: list[tuple[int, str, str]] = []
        for table in _CAUSED:
            if not self._adjacency.has(table):
                continue
            kind, links = table[2], self._adjacency.incidence(table)
            degrees = links.back_degrees
            listed += [
                (int(degrees[number]), self._adjacency.name(kind, number), kind)
                for number in _row(self._adjacency, table, drug).tolist()
            ]
        listed.sort()
        worsened = self._worsened([(one, drugs) for drugs, one, _ in listed], telling)
        shown = [
            (*effect, worsened.get(effect[1]))
            for place, effect in enumerate(listed)
            if place < _SHOWN or effect[1] in worsened
        ]
        sources = self._sources(drug, shown)
        effects = [
            SideEffect(
                effect=self._names.entity(one, kind),
                drugs=drugs,
                sources=tuple(sorted(sources[kind, one])),
                worsens=worsens,
            )
            for drugs, one, kind, worsens in shown
        ]
        return effects, len(listed)

    def _sources(
        self, drug: int, effects: list[tuple[int, str, str, Entity | None]]
    ) -> dict[tuple[str, str], set[str]]:
        said: dict[tuple[str, str], set[str]] = defaultdict(set)
        by_kind: dict[str, list[str]] = defaultdict(list)
        for _, one, kind, _ in effects:
            by_kind[kind].append(one)
        for kind, ids in by_kind.items():
            here = [self._adjacency.name("Drug", drug)]
            for row in self._store.edges_between("CAUSES", "Drug", kind, here, ids):
                said[kind, row["end_id"]].add(row["edge"]["source"])
        return said

    def _predicted(self, drug: int, telling: Mapping[str, Entity]) -> tuple[PredictedSideEffect, ...]:
        """Side effects that similar drugs cause, not listed for this one."""
        likely = self._similar.predict(drug)
        if not likely.weights.any():
            return ()
        lifted = (likely.probability >= _LIKELY) & (likely.probability >= _LIFTED * likely.usual)
        lifted[_row(self._adjacency, CAUSES, drug)] = False
        ids = {
            number: self._adjacency.name("SideEffect", number) for number in np.flatnonzero(lifted).tolist()
        }
        drugs = self._adjacency.incidence(CAUSES).back_degrees
        worsened = self._worsened([(one, int(drugs[number])) for number, one in ids.items()], telling)
        order = sorted(
            ids, key=lambda number: (ids[number] not in worsened, -likely.probability[number], ids[number])
        )
        return tuple(
            PredictedSideEffect(
                effect=self._names.entity(ids[number], "SideEffect"),
                probability=float(likely.probability[number]),
                usual=float(likely.usual[number]),
                because=self._because(number, likely.weights),
                worsens=worsened.get(ids[number]),
            )
            for number in order[:_SHOWN]
        )

    def _because(self, effect: int, weights: NDArray[np.float64]) -> tuple[Entity, ...]:
        """The drugs that cause an effect, the most similar first."""
        back = self._adjacency.incidence(CAUSES).reversed()
        who = back.indices[back.indptr[effect] : back.indptr[effect + 1]]
        who = who[np.argsort(-weights[who], kind="stable")][:_BECAUSE]
        return tuple(self._entities("Drug", who[weights[who] > 0]))


def _relations(item: Evidence) -> list[str]:
    return [] if item.path is None else [step.relation for step in item.path.steps]


def _row(adjacency: Adjacency, table: Table, number: int) -> NDArray[np.int32]:
    """The numbers that one start node of a table is linked with."""
    links = adjacency.incidence(table)
    return links.indices[links.indptr[number] : links.indptr[number + 1]]
