"""Reads the treatments that questions ask for, and the drugs that are no wrong answer to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from kedrec.dataset.same_entity import canonical_ids
from kedrec.errors import EmptyGraphError, NotFoundError
from kedrec.stores.role_edges import edges_with_role

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.schema import Role
    from kedrec.stores.base import GraphStore

__all__ = ["Pair", "Treatment", "Treatments", "read_treatments"]

Pair = tuple[str, str]
"""Ids of a drug and a disease."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """A drug that treats a disease.

    Attributes:
        sources, licences: of the chosen sources that say so, sorted.
        mechanisms: ids of the curated mechanisms of the pair, sorted.
    """

    drug: str
    disease: str
    sources: tuple[str, ...]
    licences: tuple[str, ...]
    mechanisms: tuple[str, ...]


@dataclass(frozen=True)
class Treatments:
    """A graph's treatments.

    Attributes:
        positives: treatments by the chosen sources, in order; none that is contraindicated as well.
        conflicting: number of treatments excluded since they are contraindicated.
        treated: disease -> every drug that any source says to help in it.
        mechanisms: mechanism -> the pair that curators drew it for.
        names: of drugs and diseases.
        canonical_drug, canonical_disease: id -> the one id of all that denote the same entity.
    """

    positives: tuple[Treatment, ...]
    conflicting: int
    treated: Mapping[str, frozenset[str]]
    mechanisms: Mapping[str, Pair]
    names: Mapping[str, str]
    canonical_drug: Mapping[str, str]
    canonical_disease: Mapping[str, str]
    _near: Mapping[str, frozenset[str]]

    def canonical_pair(self, drug: str, disease: str) -> Pair:
        """The pair by its canonical ids."""
        return self.canonical_drug.get(drug, drug), self.canonical_disease.get(disease, disease)

    def near(self, disease: str) -> frozenset[str]:
        """The disease, its synonyms, and the diseases a step above or below any of them."""
        return self._near.get(disease, frozenset({disease}))

    def not_wrong(self, disease: str) -> frozenset[str]:
        """Drugs that can't be negatives.

        By any source they, or a salt of theirs, help in the disease or in one a step above or below it.
        """
        return self._not_wrong.get(disease, frozenset())

    @cached_property
    def _not_wrong(self) -> Mapping[str, frozenset[str]]:
        members: dict[str, set[str]] = defaultdict(set)
        for drug, canonical in self.canonical_drug.items():
            members[canonical].add(drug)
        not_wrong = {}
        for disease in {treatment.disease for treatment in self.positives}:
            drugs = {drug for near in self.near(disease) for drug in self.treated.get(near, ())}
            not_wrong[disease] = frozenset(
                member for drug in drugs for member in members[self.canonical_drug.get(drug, drug)] | {drug}
            )
        return not_wrong


def read_treatments(
    store: GraphStore, sources: Sequence[str] = (), progress: Progress | None = None
) -> Treatments:
    """Reads the treatments of a graph.

    Args:
        store: the graph.
        sources: names of the sources whose treatments become questions; () for every source's.
        progress: called after each stage.

    Raises:
        EmptyGraphError: the graph has no treatment.
        NotFoundError: a source says of no treatment.
    """
    stages = 5
    if progress is not None:
        progress("Reading the treatments", 0, stages)
    columns = ["start", "end", "source", "licence", "mechanisms"]
    batches = edges_with_role(store, "treatment", ("Drug", "Disease"), columns)
    rows = [row for batch in batches for row in batch.to_pylist()]
    if not rows:
        raise EmptyGraphError(
            f"The graph at {store.url} has no treatments to ask about.",
            "Load a source that has some: `kedrec-load graph drugmechdb`.",
        )
    known_sources = sorted({row["source"] for row in rows})
    if missing := [source for source in sources if source not in known_sources]:
        raise NotFoundError(
            f"No treatment of the graph at {store.url} is of {', '.join(missing)}.",
            f"Its treatments are of {', '.join(known_sources)}.",
        )
    treated, contraindicated = _treated_and_contraindicated(store)
    if progress is not None:
        progress("Reading the treatments", 2, stages)
    by_pair: dict[Pair, list[dict[str, object]]] = defaultdict(list)
    mechanisms: dict[str, Pair] = {}
    curated: dict[Pair, set[str]] = defaultdict(set)
    for row in rows:
        pair = (row["start"], row["end"])
        for mechanism in row["mechanisms"]:
            mechanisms[mechanism] = pair
            curated[pair].add(mechanism)
        if not sources or row["source"] in sources:
            by_pair[pair].append(row)
    positives = tuple(
        Treatment(
            *pair,
            tuple(sorted({str(row["source"]) for row in statements})),
            tuple(sorted({str(row["licence"]) for row in statements})),
            tuple(sorted(curated[pair])),
        )
        for pair, statements in sorted(by_pair.items())
        if pair not in contraindicated
    )
    names = {
        row["id"]: row["name"]
        for kind in ("Drug", "Disease")
        for row in store.nodes(kind, ["id", "name"]).to_pylist()
    }
    canonical_drug = canonical_ids(store, "Drug")
    if progress is not None:
        progress("Reading the treatments", 4, stages)
    canonical_disease = canonical_ids(store, "Disease")
    return Treatments(
        positives,
        len(by_pair) - len(positives),
        {disease: frozenset(drugs) for disease, drugs in treated.items()},
        mechanisms,
        names,
        canonical_drug,
        canonical_disease,
        _neighbours(store, canonical_disease),
    )


def _treated_and_contraindicated(store: GraphStore) -> tuple[dict[str, set[str]], set[Pair]]:
    """The drugs that help in each disease by any source, and the contraindicated pairs."""
    treated: dict[str, set[str]] = defaultdict(set)
    contraindicated: set[Pair] = set()
    roles: tuple[Role, ...] = ("treatment", "palliation", "contraindication")
    for role in roles:
        for batch in edges_with_role(store, role, ("Drug", "Disease"), ["start", "end"]):
            pairs = zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True)
            for drug, disease in pairs:
                if role == "contraindication":
                    contraindicated.add((drug, disease))
                else:
                    treated[disease].add(drug)
    return treated, contraindicated


def _neighbours(store: GraphStore, canonical: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """For each disease: itself, its synonyms, and the diseases a step above or below one of these."""
    members: dict[str, set[str]] = defaultdict(set)
    for disease, representative in canonical.items():
        members[representative].add(disease)
    adjacent: dict[str, set[str]] = defaultdict(set)
    for batch in edges_with_role(store, "hierarchy", ("Disease", "Disease"), ["start", "end"]):
        for start, end in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True):
            adjacent[start].add(end)
            adjacent[end].add(start)
    return {
        disease: frozenset(
            near for member in members[representative] for near in {member, *adjacent.get(member, ())}
        )
        for disease, representative in canonical.items()
    }
