"""The treatments that questions are asked about, and the drugs that are no wrong answer to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from kedrec.dataset.same_entity import kin_of
from kedrec.errors import EmptyGraphError, NotFoundError
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
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
    """What a graph says of who treats what.

    Attributes:
        positives: treatments by the chosen sources, in order; none that is contraindicated as well.
        conflicting: how many were left out since they are.
        treated: disease -> every drug that any source says to help in it.
        mechanisms: mechanism -> the pair that it was drawn for.
        names: of drugs and diseases.
        drug_kin, disease_kin: id -> the id that stands for it and its kin.
    """

    positives: tuple[Treatment, ...]
    conflicting: int
    treated: Mapping[str, frozenset[str]]
    mechanisms: Mapping[str, Pair]
    names: Mapping[str, str]
    drug_kin: Mapping[str, str]
    disease_kin: Mapping[str, str]
    _near: Mapping[str, frozenset[str]]

    def near(self, disease: str) -> frozenset[str]:
        """The disease, its synonyms, and the diseases a step above or below any of them."""
        return self._near.get(disease, frozenset({disease}))

    def not_wrong(self, disease: str) -> frozenset[str]:
        """Drugs that are no negative: any source says that they, or a salt of theirs, help in the disease or
        in one a step above or below it.
        """
        return self._not_wrong.get(disease, frozenset())

    @cached_property
    def _not_wrong(self) -> Mapping[str, frozenset[str]]:
        kin: dict[str, set[str]] = defaultdict(set)
        for drug, first in self.drug_kin.items():
            kin[first].add(drug)
        found = {}
        for disease in {one.disease for one in self.positives}:
            drugs = {drug for near in self.near(disease) for drug in self.treated.get(near, ())}
            found[disease] = frozenset(
                other for drug in drugs for other in kin[self.drug_kin.get(drug, drug)] | {drug}
            )
        return found


def read_treatments(
    store: GraphStore, sources: Sequence[str] = (), progress: Progress | None = None
) -> Treatments:
    """Reads the treatments of a graph.

    Args:
        store: the graph.
        sources: whose TREATS are asked about; () for every source's.
        progress: called after each stage.

    Raises:
        EmptyGraphError: the graph has no treatment.
        NotFoundError: a source says of no treatment.
    """
    stages = 5
    if progress is not None:
        progress("Reading the treatments", 0, stages)
    wanted = ["start", "end", "source", "licence", "mechanisms"]
    rows = [row for batch in store.edges("TREATS", "Drug", "Disease", wanted) for row in batch.to_pylist()]
    if not rows:
        raise EmptyGraphError(
            f"The graph at {store.url} has no treatments to ask about.",
            "Load a source that has some: `kedrec-load graph drugmechdb`.",
        )
    told = sorted({row["source"] for row in rows})
    if missing := [source for source in sources if source not in told]:
        raise NotFoundError(
            f"No treatment of the graph at {store.url} is of {', '.join(missing)}.",
            f"Its treatments are of {', '.join(told)}.",
        )
    treated, harmful = _care(store)
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
            tuple(sorted({str(row["source"]) for row in said})),
            tuple(sorted({str(row["licence"]) for row in said})),
            tuple(sorted(curated[pair])),
        )
        for pair, said in sorted(by_pair.items())
        if pair not in harmful
    )
    names = {
        row["id"]: row["name"]
        for kind in ("Drug", "Disease")
        for row in store.nodes(kind, ["id", "name"]).to_pylist()
    }
    drug_kin = kin_of(store, "Drug")
    if progress is not None:
        progress("Reading the treatments", 4, stages)
    disease_kin = kin_of(store, "Disease")
    return Treatments(
        positives,
        len(by_pair) - len(positives),
        {disease: frozenset(drugs) for disease, drugs in treated.items()},
        mechanisms,
        names,
        drug_kin,
        disease_kin,
        _neighbours(store, disease_kin),
    )


def _care(store: GraphStore) -> tuple[dict[str, set[str]], set[Pair]]:
    """By disease the drugs that any source says to help, and the pairs that are contraindicated."""
    treated: dict[str, set[str]] = defaultdict(set)
    harmful: set[Pair] = set()
    for relation in load_schema().relations.values():
        if ("Drug", "Disease") not in relation.pairs:
            continue
        if relation.effect != "benefit" and relation.name != "CONTRAINDICATED_FOR":
            continue
        for batch in store.edges(relation.name, "Drug", "Disease", ["start", "end"]):
            pairs = zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True)
            for drug, disease in pairs:
                if relation.effect == "benefit":
                    treated[disease].add(drug)
                else:
                    harmful.add((drug, disease))
    return treated, harmful


def _neighbours(store: GraphStore, kin: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """For each disease: itself, its kin, and what is a step of IS_A above or below one of these."""
    members: dict[str, set[str]] = defaultdict(set)
    for disease, first in kin.items():
        members[first].add(disease)
    above: dict[str, set[str]] = defaultdict(set)
    for batch in store.edges("IS_A", "Disease", "Disease", ["start", "end"]):
        for start, end in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True):
            above[start].add(end)
            above[end].add(start)
    return {
        disease: frozenset(near for one in members[first] for near in {one, *above.get(one, ())})
        for disease, first in kin.items()
    }
