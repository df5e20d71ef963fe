"""Finds targets on which a drug does the opposite of what the treatments of a disease do.

Haloperidol blocks the dopamine receptor that the drugs for Parkinson's disease activate. A drug that acts
oppositely to several treatments on one target, and alike to hardly any, may worsen the disease.

What a drug does to a target is its sign in the graph's edges, +1 or -1; where sources differ, it has none,
nor has a partial agonist, which activates where little else does and blocks where much does. Where the
evidence of any of a drug's edges says that it is the mechanism of action, its other edges don't count: many
drugs bind much that nobody notices. A curated mechanism (of a mechanism database) counts as such evidence.
An enzyme or transporter that handles the drug, as DrugBank has it, is none of its targets.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.evidence.node_edges import node_edges
from kedrec.pathlogic.disposition import names_disposition
from kedrec.ranking.adjacency import TREATS, table_of
from kedrec.schema import TARGET_KINDS, load_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.stores import GraphStore
    from kedrec.stores.base import Row

__all__ = ["OpposedTarget", "TreatmentEffects"]

_SCHEMA = load_schema()
_TARGET_TABLES: tuple[Table, ...] = tuple(
    (relation, "Drug", kind)
    for kind in TARGET_KINDS
    for role in ("target", "effect")
    for relation in _SCHEMA.joining(role, "Drug", kind)
)
_TREATMENT_TABLES: tuple[Table, ...] = tuple(
    dict.fromkeys(
        [
            TREATS,
            *(table_of(name, "Drug", "Disease") for name in _SCHEMA.joining("palliation", "Drug", "Disease")),
        ]
    )
)
_MECHANISM = "mechanism of action"
"""Words of an edge's evidence which say that a drug works by it; sources are mapped to these words."""
_TARGETED = "(target)"
"""DrugBank's word, in the evidence of an edge, for what a drug acts on."""
_MIN_OPPOSED = 3
"""Fewest treatments with the opposite effect on a target."""
_MAX_ALIKE_SHARE = 0.2
"""Largest share of the treatments with an effect on the target that may have the same effect as the drug."""


_Target = tuple[str, str]
"""Kind and id."""


@dataclass(frozen=True, slots=True)
class OpposedTarget:
    """A target on which a drug acts oppositely to treatments of a disease.

    Attributes:
        kind, id: the target.
        treatments: ids of the treatments with the opposite effect, those of most diseases first.
        alike: number of treatments with the same effect as the drug.
        tables: the tables of the drug's link, the first treatment's, and of that treatment.
    """

    kind: str
    id: str
    treatments: tuple[str, ...]
    alike: int
    tables: tuple[Table, Table, Table]


@dataclass(frozen=True, slots=True)
class _Effect:
    """The sign of what a drug does to a target, and the table of an edge that says so."""

    sign: int
    table: Table


class TreatmentEffects:
    """Compares what a drug does to its targets with what a disease's treatments do.

    Args:
        store: the graph, for the actions of edges.
        adjacency: its links; treatments that are hidden there don't count.
    """

    def __init__(self, store: GraphStore, adjacency: Adjacency) -> None:
        self._store = store
        self._adjacency = adjacency
        self._disease: int | None = None  # of the two below: the drugs of one answer have one disease
        self._treating: dict[str, tuple[Table, int]] = {}
        self._effects: dict[_Target, dict[str, _Effect]] = {}

    def opposed_targets(self, drug: int, disease: int) -> list[OpposedTarget]:
        """The targets on which a drug acts oppositely to treatments of a disease, most treatments first.

        Args:
            drug, disease: their numbers.
        """
        if disease != self._disease:
            self._treating = _treating_drugs(self._adjacency, disease)
            self._effects = self._read_effects(list(self._treating))
            self._disease = disease
        drug_id = self._adjacency.node_id("Drug", drug)
        if len(self._treating) < _MIN_OPPOSED or not self._effects:
            return []
        opposed_targets = []
        for (kind, target), effect_by_drug in self._read_effects([drug_id]).items():
            effect = effect_by_drug[drug_id]
            others = {
                owner: other
                for owner, other in self._effects.get((kind, target), {}).items()
                if owner != drug_id
            }
            opposed = [owner for owner, other in others.items() if other.sign == -effect.sign]
            alike = len(others) - len(opposed)
            if len(opposed) < _MIN_OPPOSED or alike > _MAX_ALIKE_SHARE * len(others):
                continue
            opposed.sort(key=lambda owner: (-self._treating[owner][1], owner))
            tables = (effect.table, others[opposed[0]].table, self._treating[opposed[0]][0])
            opposed_targets.append(OpposedTarget(kind, target, tuple(opposed), alike, tables))
        return sorted(opposed_targets, key=lambda item: (-len(item.treatments), item.alike, item.id))

    def _read_effects(self, drugs: Sequence[str]) -> dict[_Target, dict[str, _Effect]]:
        """The effects of some drugs on each of their targets."""
        numbers = [self._adjacency.number("Drug", drug) for drug in drugs]
        present = [number for number in numbers if number is not None]
        edges = node_edges(self._adjacency)
        return _effects(
            {table: edges.read(self._store, self._adjacency, table, present) for table in _TARGET_TABLES}
        )


def _treating_drugs(adjacency: Adjacency, disease: int) -> dict[str, tuple[Table, int]]:
    """Ids of the drugs that treat or palliate a disease: the table, and how many diseases each treats."""
    treating: dict[str, tuple[Table, int]] = {}
    for table in _TREATMENT_TABLES:
        if adjacency.has_table(table):
            links = adjacency.incidence(table)
            drugs = links.back_row(disease)
            for drug in drugs.tolist():
                treating.setdefault(adjacency.node_id("Drug", drug), (table, int(links.degree(drug))))
    return treating


def _effects(rows: Mapping[Table, Iterable[Row]]) -> dict[_Target, dict[str, _Effect]]:
    """The effects of drugs on each target, by their mechanisms of action where they have any."""
    signs: dict[tuple[str, _Target], dict[bool, set[int]]] = defaultdict(lambda: defaultdict(set))
    tables: dict[tuple[str, _Target], Table] = {}
    has_mechanism: set[str] = set()
    for table, edges in rows.items():
        relation, _, kind = table
        for row in edges:
            edge, key = row["edge"], (row["start_id"], (kind, row["end_id"]))
            action, evidence = edge["action"], edge["evidence"]
            if _TARGETED not in evidence and names_disposition(evidence):
                continue
            wording = _SCHEMA.relations[relation].wording_for(action)
            sign = 0 if wording.tone_dependent else wording.sign
            is_mechanism = _MECHANISM in evidence or bool(edge["mechanisms"])
            if is_mechanism:
                has_mechanism.add(row["start_id"])
            signs[key][is_mechanism].add(sign)
            if sign:
                tables.setdefault(key, table)
    effects: dict[_Target, dict[str, _Effect]] = defaultdict(dict)
    for (drug, target), by_mechanism in signs.items():
        known = by_mechanism[drug in has_mechanism] - {0}
        if len(known) == 1:
            effects[target][drug] = _Effect(known.pop(), tables[drug, target])
    return effects
