"""Finds contraindications near a pair: for kinds of the disease, broader or similar ones, the class.

- `subtype`: the drug is contraindicated in a kind of the disease.
- `broad`: it is contraindicated in a disease that the disease is a kind of in three or four steps. One or two
  steps are an inherited contraindication, and the paths against the pair (`evidence`) have it.
- `class`: other members of a class of the drug are contraindicated in the disease, or in one that it is
  a kind of in at most two steps: at least two of them, and half of those of which any contraindication is
  known.
- `look-alike`: the drug is contraindicated in a disease that presents with mostly the same symptoms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kedrec.ranking.best_paths import best_paths
from kedrec.ranking.metapaths import metapath_text
from kedrec.schema import load_schema
from kedrec.stores.templates import Hop, PathTemplate

if TYPE_CHECKING:
    from kedrec.ranking.adjacency import Adjacency, Table

__all__ = [
    "CONTRAINDICATIONS",
    "SYMPTOM_TABLES",
    "PathToRead",
    "StepsUp",
    "caution_template",
    "contraindication_cautions",
    "contraindication_steps",
    "steps_up",
]

_SCHEMA = load_schema()
CONTRAINDICATIONS = _SCHEMA.joining("contraindication", "Drug", "Disease")
"""Relations that state a contraindication."""
SYMPTOM_TABLES: tuple[Table, ...] = tuple(
    (name, "Disease", "Symptom") for name in _SCHEMA.joining("symptom", "Disease", "Symptom")
)
"""Tables of diseases and their symptoms."""
_HIERARCHIES = _SCHEMA.joining("hierarchy", "Disease", "Disease")
_CLASS_TABLES: tuple[Table, ...] = tuple(
    (name, "Drug", "PharmacologicClass") for name in _SCHEMA.joining("class", "Drug", "PharmacologicClass")
)
_MAX_SHOWN = 5  # cautions of each kind
_MAX_CLASSES = 2
_MAX_MEMBERS = 60  # of a class: a larger one says little of its members
_MIN_MEMBERS = 2  # members of a class with the contraindication
_MIN_MEMBER_SHARE = 0.5  # of the members of which any contraindication is known
_INHERITED_STEPS = 2
_BROAD_STEPS = 4
_MIN_SHARED = 2  # symptoms that two diseases share which look alike
_MIN_SHARED_SHARE = 0.5  # of the symptoms of either of the two

StepsUp = tuple[tuple[str, int], ...]
"""Steps from a disease up the hierarchy: relation and broader disease of each."""


@dataclass(frozen=True, slots=True)
class PathToRead:
    """A path that warns, by its nodes.

    Attributes:
        kind: `subtype`, `broad`, `class`, `look-alike` or `opposed`.
        template: its metapath.
        nodes: ids of all its nodes, from the drug to the disease.
        weight: its weight among the cautions of the pair, above 0.
    """

    kind: str
    template: PathTemplate
    nodes: tuple[str, ...]
    weight: float


def caution_template(name: str, *hops: Hop) -> PathTemplate:
    """A path that only warns. It has no sentence pattern, so that it is verbalized as a chain of clauses."""
    nodes = tuple(f"n{index}" for index in range(len(hops) + 1))
    steps = tuple(f"s{index}" for index in range(len(hops)))
    return PathTemplate(name, metapath_text(hops), hops, nodes, steps, "adverse", "", "")


def _up(hierarchy: str, steps: int) -> tuple[Hop, ...]:
    """Hops from a disease down to its kinds, `steps` steps."""
    return tuple(Hop(hierarchy, forward=False, kind="Disease") for _ in range(steps))


_TEMPLATES: dict[str, tuple[PathTemplate, ...]] = {
    "subtype": tuple(
        caution_template(
            "contraindicated-for-subtype",
            Hop(relation, forward=True, kind="Disease"),
            Hop(hierarchy, forward=True, kind="Disease"),
        )
        for relation in CONTRAINDICATIONS
        for hierarchy in _HIERARCHIES
    ),
    "broad": tuple(
        caution_template(
            "contraindicated-for-broad-disease",
            Hop(relation, forward=True, kind="Disease"),
            *_up(hierarchy, steps),
        )
        for steps in range(_INHERITED_STEPS + 1, _BROAD_STEPS + 1)
        for relation in CONTRAINDICATIONS
        for hierarchy in _HIERARCHIES
    ),
    "look-alike": tuple(
        caution_template(
            "contraindicated-for-look-alike",
            Hop(relation, forward=True, kind="Disease"),
            Hop(table[0], forward=True, kind="Symptom"),
            Hop(table[0], forward=False, kind="Disease"),
        )
        for relation in CONTRAINDICATIONS
        for table in SYMPTOM_TABLES
    ),
}


def contraindication_cautions(adjacency: Adjacency, drug: int, disease: int) -> list[PathToRead]:
    """The contraindications near a pair, kind by kind, gravest kind first.

    Args:
        adjacency: the graph.
        drug, disease: their numbers.
    """
    ends = adjacency.node_id("Drug", drug), adjacency.node_id("Disease", disease)
    own: dict[str, list[PathToRead]] = {kind: [] for kind in _TEMPLATES}
    for kind, templates in _TEMPLATES.items():
        diseases: set[str] = set()
        for template in templates:
            table = (template.hops[0].relation, "Drug", "Disease")
            if not adjacency.has_table(table) or not adjacency.incidence(table).row(drug).size:
                continue
            best = best_paths(adjacency, template, drug, disease, _MAX_SHOWN)
            for nodes, weight in zip(best.paths, best.weights, strict=True) if best else ():
                # one path a disease: further ways to it would only repeat it
                if nodes[0] in diseases or (
                    kind == "look-alike" and not _looks_alike(adjacency, nodes[0], disease)
                ):
                    continue
                diseases.add(nodes[0])
                own[kind].append(PathToRead(kind, template, (ends[0], *nodes, ends[1]), weight))
    by_class = _class_cautions(adjacency, drug, disease)
    return [*own["subtype"], *own["broad"], *by_class, *own["look-alike"]]


def contraindication_steps(adjacency: Adjacency, drug: int, disease: int) -> int | None:
    """Steps up the hierarchy, 0 to 2, to the nearest disease that the drug is contraindicated in, or None."""
    contraindicated: set[int] = set()
    for relation in CONTRAINDICATIONS:
        table = (relation, "Drug", "Disease")
        if adjacency.has_table(table):
            contraindicated.update(adjacency.incidence(table).row(drug).tolist())
    return next((len(up) for at, up in steps_up(adjacency, disease).items() if at in contraindicated), None)


def _looks_alike(adjacency: Adjacency, other: str, disease: int) -> bool:
    """True if two diseases share two symptoms or more, and at least half of either's."""
    number = adjacency.number("Disease", other)
    if number is None:
        return False
    tables = [table for table in SYMPTOM_TABLES if adjacency.has_table(table)]
    first, second = (
        np.unique(np.concatenate([adjacency.incidence(table).row(node) for table in tables]))
        for node in (number, disease)
    )
    shared = len(np.intersect1d(first, second))
    return shared >= _MIN_SHARED and shared >= _MIN_SHARED_SHARE * max(len(first), len(second))


def _class_cautions(adjacency: Adjacency, drug: int, disease: int) -> list[PathToRead]:
    """One path for each of the drug's classes with enough members that are contraindicated, at most two."""
    tables = [(name, "Drug", "Disease") for name in CONTRAINDICATIONS]
    tables = [table for table in tables if adjacency.has_table(table)]
    contraindicated: dict[int, tuple[str, StepsUp]] = {}
    for ancestor, up in steps_up(adjacency, disease).items():
        for table in tables:
            for other in adjacency.incidence(table).back_row(ancestor).tolist():
                contraindicated.setdefault(other, (table[0], up))
    if not contraindicated:
        return []
    class_paths: list[tuple[float, int, str, PathToRead]] = []
    for table in _CLASS_TABLES:
        if not adjacency.has_table(table):
            continue
        links = adjacency.incidence(table)
        for number in links.row(drug).tolist():
            members = links.back_row(number)
            others = [member for member in members.tolist() if member != drug]
            known = [
                member for member in others if any(adjacency.incidence(t).row(member).size for t in tables)
            ]
            hits = [member for member in known if member in contraindicated]
            if len(others) > _MAX_MEMBERS or len(hits) < max(_MIN_MEMBERS, _MIN_MEMBER_SHARE * len(known)):
                continue
            member = min(hits, key=lambda other: (len(contraindicated[other][1]), other))
            relation, up = contraindicated[member]
            hops = [
                Hop(table[0], forward=True, kind="PharmacologicClass"),
                Hop(table[0], forward=False, kind="Drug"),
            ]
            hops += [Hop(relation, forward=True, kind="Disease")]
            hops += [Hop(hierarchy, forward=False, kind="Disease") for hierarchy, _ in reversed(up)]
            nodes = (
                adjacency.node_id("Drug", drug),
                adjacency.node_id("PharmacologicClass", number),
                adjacency.node_id("Drug", member),
                *(adjacency.node_id("Disease", ancestor) for _, ancestor in reversed(up)),
                adjacency.node_id("Disease", disease),
            )
            share = len(hits) / len(known)
            template = caution_template("contraindicated-for-class", *hops)
            class_paths.append((-share, len(others), nodes[1], PathToRead("class", template, nodes, share)))
    return [item for *_, item in sorted(class_paths, key=lambda row: row[:3])[:_MAX_CLASSES]]


def steps_up(adjacency: Adjacency, disease: int) -> dict[int, StepsUp]:
    """The disease and those at most two steps above it, nearest first, each with the steps to it."""
    above: dict[int, StepsUp] = {disease: ()}
    last = [disease]
    for _ in range(_INHERITED_STEPS):
        reached = []
        for at in last:
            for hierarchy in _HIERARCHIES:
                table = (hierarchy, "Disease", "Disease")
                if not adjacency.has_table(table):
                    continue
                for broader in adjacency.incidence(table).row(at).tolist():
                    if broader not in above:
                        above[broader] = (*above[at], (hierarchy, broader))
                        reached.append(broader)
        last = reached
    return above
