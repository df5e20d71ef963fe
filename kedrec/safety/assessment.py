"""Assesses the safety of a drug in a disease: contraindications with their paths, and side effects.

A contraindication is inherited from a disease by its subtypes (at most two steps of the hierarchy). What is
near one is a caution: see `cautions`; so is a mechanism that is opposed to the treatments': see `opposition`.

A side effect may worsen a disease where it is the disease, or a specific symptom of it: by name, or by a
cross-reference. Most drugs may cause nausea and many diseases present with it, which says nothing of the two.
So symptoms are ranked from the most specific on, by the number of diseases that present with it times the
number of drugs that cause it, and are used as long as their drugs add up to at most one in ten. HPO's terms
that only name an organ ("Abnormality of the kidney") are none: nephropathy would worsen a tumour there.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from kedrec.evidence.path_edges import complete_paths
from kedrec.evidence.verbalize import evidence_item
from kedrec.pathlogic.opposites import are_opposites
from kedrec.ranking.adjacency import table_of
from kedrec.safety.cautions import (
    CONTRAINDICATIONS,
    SYMPTOM_TABLES,
    PathToRead,
    caution_template,
    contraindication_cautions,
)
from kedrec.safety.limits_of_use import LimitsOfUse
from kedrec.safety.opposition import TreatmentEffects
from kedrec.safety.side_effects import CAUSES, SimilarDrugs
from kedrec.schema import load_schema
from kedrec.stores.role_edges import edges_between_with_role
from kedrec.stores.templates import Hop
from kedrec.types import (
    Entity,
    ListedContraindications,
    OpposedMechanism,
    PredictedSideEffect,
    Safety,
    SideEffect,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from kedrec.evidence.pair_evidence import PairEvidence
    from kedrec.naming import NameIndex
    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.safety.opposition import OpposedTarget
    from kedrec.stores import GraphStore
    from kedrec.types import Evidence

__all__ = ["SafetyAssessor"]

_SCHEMA = load_schema()
_CAUSE_TABLES: tuple[Table, ...] = tuple(
    dict.fromkeys(
        table_of(name, "Drug", kind)
        for kind in ("SideEffect", "Symptom", "Disease")
        for name in _SCHEMA.joining("side effect", "Drug", kind)
    )
)
_MAX_SHOWN = 5  # side effects of each list, and treatments named for a target
_MAX_OPPOSED = 2  # targets with the opposite effect
_MIN_PROBABILITY = 0.1  # of a predicted side effect
_MIN_LIFT = 2.0  # of its probability over the share of all drugs that cause it
_MAX_REASONS = 3  # similar drugs named for a prediction
_ORGAN_TERM = "abnormality of "  # begins a term of HPO that tells where, not what
_MAX_DRUG_SHARE = 0.1  # drugs that cause any of a disease's specific symptoms


class SafetyAssessor:
    """Assesses the safety of pairs in one graph.

    Args:
        store: the graph.
        names: its entities' names.
        adjacency: its links.
    """

    def __init__(self, store: GraphStore, names: NameIndex, adjacency: Adjacency) -> None:
        self._store = store
        self._names = names
        self._adjacency = adjacency
        self._limits = LimitsOfUse(store, names, adjacency)
        self._signs: tuple[int, dict[str, Entity]] | None = None  # the drugs of one answer have one disease

    @cached_property
    def _effects(self) -> TreatmentEffects:
        return TreatmentEffects(self._store, self._adjacency)

    @cached_property
    def _similar(self) -> SimilarDrugs:
        return SimilarDrugs(self._adjacency)

    @cached_property
    def _listed_drug_count(self) -> int:
        """Number of drugs with any side effect listed."""
        has_effects = np.zeros(len(self._adjacency.ids("Drug")), bool)
        for table in _CAUSE_TABLES:
            if self._adjacency.has_table(table):
                has_effects |= self._adjacency.incidence(table).degrees > 0
        return int(has_effects.sum())

    def assess(self, evidence: PairEvidence) -> Safety:
        """The contraindications, cautions and side effects of a pair whose evidence was retrieved."""
        drug = self._adjacency.number("Drug", evidence.drug.id)
        disease = self._adjacency.number("Disease", evidence.disease.id)
        if drug is None or disease is None:
            return Safety()
        against = [item for item in evidence.adverse if _relations(item)[0] in CONTRAINDICATIONS]
        warnings = contraindication_cautions(self._adjacency, drug, disease)
        if against:  # which say more than these
            warnings = [warning for warning in warnings if warning.kind not in {"broad", "class"}]
        opposed = self._effects.opposed_targets(drug, disease)[:_MAX_OPPOSED]
        warnings += [_opposed_path(evidence, target) for target in opposed]
        cautions = self._read(warnings)
        id_by_length = {len(_relations(item)): item.id for item in reversed(against)}
        contraindication = "direct" if 1 in id_by_length else "inherited" if id_by_length else ""
        kinds = [kind for kind, _ in cautions if kind != "opposed"]
        if not contraindication and kinds:
            contraindication = kinds[0]
        near = [item.id for kind, item in cautions if kind != "opposed"]
        signs = self._specific_signs(evidence.disease, disease)
        if self._adjacency.treats(drug, disease) and not _states_side_effect(evidence):
            signs = {id_: sign for id_, sign in signs.items() if sign.id != evidence.disease.id}
        effects, total = self._known_effects(drug, signs)
        return Safety(
            contraindication=contraindication,  # type: ignore[arg-type]  # one of the kinds just above
            paths=(*(item.id for item in against), *near),
            cautions=tuple(item for _, item in cautions),
            opposed=self._opposed(opposed, [item for kind, item in cautions if kind == "opposed"]),
            limits=self._limits.find(evidence.drug, evidence.disease),
            listed=self._listed(drug, disease),
            side_effects=total,
            worsening=tuple(effect for effect in effects if effect.worsens is not None),
            specific=tuple(effects[:_MAX_SHOWN]),
            predicted=self._predicted_effects(drug, signs),
        )

    def _read(self, warnings: Sequence[PathToRead]) -> list[tuple[str, Evidence]]:
        """The paths with their edges, numbered `C1` on, each with its kind."""
        paths = complete_paths(self._store, [(warning.template, warning.nodes) for warning in warnings])
        complete = [
            (warning, path) for warning, path in zip(warnings, paths, strict=True) if path is not None
        ]
        total = sum(warning.weight for warning, _ in complete)
        return [
            (warning.kind, evidence_item(path, f"C{rank}", warning.weight / total, "adverse"))
            for rank, (warning, path) in enumerate(complete, 1)
        ]

    def _opposed(
        self, targets: Sequence[OpposedTarget], cautions: Sequence[Evidence]
    ) -> tuple[OpposedMechanism, ...]:
        """The opposed mechanisms whose path is among the cautions."""
        id_by_target = {item.path.nodes[1].id: item.id for item in cautions if item.path is not None}
        return tuple(
            OpposedMechanism(
                target=self._names.entity(target.id, target.kind),
                treatments=tuple(self._names.entity(id_, "Drug") for id_ in target.treatments[:_MAX_SHOWN]),
                count=len(target.treatments),
                alike=target.alike,
                path=id_by_target[target.id],
            )
            for target in targets
            if target.id in id_by_target
        )

    def _listed(self, drug: int, disease: int) -> ListedContraindications:
        """The numbers of contraindications that the graph has of the drug and of the disease."""
        of_drug = of_disease = 0
        drugs: set[int] = set()
        for table in ((name, "Drug", "Disease") for name in CONTRAINDICATIONS):
            if self._adjacency.has_table(table):
                links = self._adjacency.incidence(table)
                of_drug += int(links.degree(drug))
                of_disease += int(links.back_degree(disease))
                drugs.update(np.flatnonzero(links.degrees).tolist())
        return ListedContraindications(of_drug=of_drug, of_disease=of_disease, drugs=len(drugs))

    def _specific_signs(self, entity: Entity, disease: int) -> dict[str, Entity]:
        """Ids of the disease and of its specific symptoms (see the module), each mapped to its entity.

        The ids include those of side effects with the same name.
        """
        if self._signs is None or self._signs[0] != disease:
            self._signs = disease, self._find_specific_signs(entity, disease)
        return self._signs[1]

    def _find_specific_signs(self, entity: Entity, disease: int) -> dict[str, Entity]:
        signs = dict.fromkeys(self._ids(entity), entity)
        tables = [table for table in SYMPTOM_TABLES if self._adjacency.has_table(table)]
        if not tables:
            return signs
        numbers = self._symptoms(disease)
        disease_counts = np.sum(
            [self._adjacency.incidence(table).back_degree(numbers) for table in tables], axis=0
        )
        symptoms = []
        for count, symptom in zip(disease_counts.tolist(), self._entities("Symptom", numbers), strict=True):
            is_organ_term = symptom.name.casefold().startswith(_ORGAN_TERM)
            # Sources that count words list what treating too far brings: Graves disease of hypothyroidism.
            if is_organ_term or are_opposites(symptom.name, entity.name):
                continue
            ids = self._ids(symptom)
            drugs = sum(self._drug_count(id_) for id_ in ids)
            symptoms.append((count * drugs, symptom.id, drugs, symptom, ids))
        drug_total = 0
        for _, _, drugs, symptom, ids in sorted(symptoms, key=lambda row: row[:2]):
            drug_total += drugs
            if drug_total > _MAX_DRUG_SHARE * self._listed_drug_count:
                break
            for id_ in ids:
                signs.setdefault(id_, symptom)
        return signs

    def _symptoms(self, disease: int) -> NDArray[np.int32]:
        """Numbers of a disease's symptoms, ascending."""
        tables = [table for table in SYMPTOM_TABLES if self._adjacency.has_table(table)]
        numbers = [self._adjacency.incidence(table).row(disease) for table in tables]
        return np.unique(np.concatenate([np.zeros(0, np.int32), *numbers]))

    def _ids(self, entity: Entity) -> list[str]:
        return [entity.id, *self._names.ids_of_same_name(entity, "SideEffect")]

    def _drug_count(self, effect: str) -> int:
        """Number of drugs that cause a side effect, a symptom or a disease, by its id."""
        count = 0
        for table in _CAUSE_TABLES:
            number = self._adjacency.number(table[2], effect) if self._adjacency.has_table(table) else None
            if number is not None:
                count += int(self._adjacency.incidence(table).back_degree(number))
        return count

    def _worsened_entities(
        self, effects: Sequence[tuple[str, int]], signs: Mapping[str, Entity]
    ) -> dict[str, Entity]:
        """The disease or specific symptom that each side effect is, by the side effect's id.

        Args:
            effects: ids, and the number of drugs that cause each.
            signs: as `_specific_signs` returns them.
        """
        worsened = {effect: signs[effect] for effect, _ in effects if effect in signs}
        rare = [
            effect
            for effect, drugs in effects
            if effect not in worsened and drugs <= _MAX_DRUG_SHARE * self._listed_drug_count
        ]
        for effect, id_ in self._names.cross_references(rare):
            if id_ in signs:
                worsened.setdefault(effect, signs[id_])
        return worsened

    def _entities(self, kind: str, numbers: NDArray[np.int32]) -> list[Entity]:
        return [
            self._names.entity(self._adjacency.node_id(kind, number), kind) for number in numbers.tolist()
        ]

    def _known_effects(self, drug: int, signs: Mapping[str, Entity]) -> tuple[list[SideEffect], int]:
        """The side effects to show, those that the fewest drugs have first, and the number of all."""
        known: list[tuple[int, str, str]] = []
        for table in _CAUSE_TABLES:
            if not self._adjacency.has_table(table):
                continue
            kind, links = table[2], self._adjacency.incidence(table)
            numbers = links.row(drug)
            known += [
                (drugs, self._adjacency.node_id(kind, number), kind)
                for drugs, number in zip(links.back_degree(numbers).tolist(), numbers.tolist(), strict=True)
            ]
        known.sort()
        worsened = self._worsened_entities([(effect_id, drugs) for drugs, effect_id, _ in known], signs)
        rows = [
            (*effect, worsened.get(effect[1]))
            for rank, effect in enumerate(known)
            if rank < _MAX_SHOWN or effect[1] in worsened
        ]
        sources = self._sources(drug, rows)
        effects = [
            SideEffect(
                effect=self._names.entity(effect_id, kind),
                drugs=drugs,
                sources=tuple(sorted(sources[kind, effect_id])),
                worsens=worsens,
            )
            for drugs, effect_id, kind, worsens in rows
        ]
        return effects, len(known)

    def _sources(
        self, drug: int, effects: list[tuple[int, str, str, Entity | None]]
    ) -> dict[tuple[str, str], set[str]]:
        sources: dict[tuple[str, str], set[str]] = defaultdict(set)
        by_kind: dict[str, list[str]] = defaultdict(list)
        for _, effect_id, kind, _ in effects:
            by_kind[kind].append(effect_id)
        for kind, ids in by_kind.items():
            drug_ids = [self._adjacency.node_id("Drug", drug)]
            for row in edges_between_with_role(self._store, "side effect", ("Drug", kind), drug_ids, ids):
                sources[kind, row["end_id"]].add(row["edge"]["source"])
        return sources

    def _predicted_effects(self, drug: int, signs: Mapping[str, Entity]) -> tuple[PredictedSideEffect, ...]:
        """Side effects that similar drugs cause and that are not listed for this one."""
        prediction = self._similar.predict(drug)
        if not prediction.weights.any():
            return ()
        eligible = (prediction.probability >= _MIN_PROBABILITY) & (
            prediction.probability >= _MIN_LIFT * prediction.usual
        )
        eligible[self._adjacency.incidence(CAUSES).row(drug)] = False
        ids = {
            number: self._adjacency.node_id("SideEffect", number)
            for number in np.flatnonzero(eligible).tolist()
        }
        drugs = self._adjacency.incidence(CAUSES).back_degrees
        worsened = self._worsened_entities(
            [(effect_id, int(drugs[number])) for number, effect_id in ids.items()], signs
        )
        order = sorted(
            ids,
            key=lambda number: (ids[number] not in worsened, -prediction.probability[number], ids[number]),
        )
        return tuple(
            PredictedSideEffect(
                effect=self._names.entity(ids[number], "SideEffect"),
                probability=float(prediction.probability[number]),
                usual=float(prediction.usual[number]),
                because=self._reasons(number, prediction.weights),
                worsens=worsened.get(ids[number]),
            )
            for number in order[:_MAX_SHOWN]
        )

    def _reasons(self, effect: int, weights: NDArray[np.float64]) -> tuple[Entity, ...]:
        """The drugs that cause an effect, the most similar first."""
        drugs = self._adjacency.incidence(CAUSES).back_row(effect)
        drugs = drugs[np.argsort(-weights[drugs], kind="stable")][:_MAX_REASONS]
        return tuple(self._entities("Drug", drugs[weights[drugs] > 0]))


def _states_side_effect(evidence: PairEvidence) -> bool:
    """True if an adverse path says that the drug causes or worsens the disease.

    Of a known treatment only a warning is one: see `kedrec.evidence.pair_evidence`.
    """
    return any(
        len(relations) == 1 and _SCHEMA.relations[relations[0]].role == "side effect"
        for relations in map(_relations, evidence.adverse)
    )


def _relations(item: Evidence) -> list[str]:
    return [] if item.path is None else [step.relation for step in item.path.steps]


def _opposed_path(evidence: PairEvidence, target: OpposedTarget) -> PathToRead:
    """The path to the disease by the target and the first treatment that acts on it oppositely."""
    (own, _, _), (other, _, _), (treats, _, _) = target.tables
    template = caution_template(
        "opposed-mechanism",
        Hop(own, forward=True, kind=target.kind),
        Hop(other, forward=False, kind="Drug"),
        Hop(treats, forward=True, kind="Disease"),
    )
    nodes = (evidence.drug.id, target.id, target.treatments[0], evidence.disease.id)
    share = len(target.treatments) / (len(target.treatments) + target.alike)
    return PathToRead("opposed", template, nodes, share)
