"""Splits questions into training, validation and test, in three ways that never separate the same entity.

- `pair`: by drug and disease. Both may be known from other questions.
- `unseen_disease`: by clusters of similar diseases. No question of another split is about the disease or one
  much like it.
- `unseen_drug`: by drug. No other split has the drug or a salt of it, not even as a wrong answer.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from kedrec.dataset.same_entity import representatives

if TYPE_CHECKING:
    from kedrec.dataset.hf_folder import SplitName
    from kedrec.dataset.treatments import Pair, Treatments
    from kedrec.ranking.adjacency import Adjacency

__all__ = ["CONFIGS", "Config", "Division", "divide"]

Config: TypeAlias = Literal["pair", "unseen_disease", "unseen_drug"]
CONFIGS: tuple[Config, ...] = ("pair", "unseen_disease", "unseen_drug")

_SHARES: Mapping[SplitName, float] = {"train": 0.8, "validation": 0.1, "test": 0.1}
_MOST_APART = 0.9  # in a cluster: distance, 1 minus similarity over the greatest one


class Division:
    """One way to split.

    Attributes:
        config: its name.
        groups: pair -> the group that must stay in one split.
        split: pair -> its split.
        drugs: drug -> its split where drugs are split; else empty.
        diseases: disease -> its split where diseases are split; else empty.
    """

    def __init__(
        self,
        config: Config,
        groups: Mapping[Pair, str],
        split: Mapping[Pair, SplitName],
        treatments: Treatments,
        *,
        drugs: Mapping[str, SplitName] | None = None,
        diseases: Mapping[str, SplitName] | None = None,
    ) -> None:
        self.config, self.groups, self.split = config, groups, split
        self.drugs, self.diseases = drugs or {}, diseases or {}
        self._treatments = treatments
        self._held_out = frozenset(
            treatments.canonical_pair(*pair) for pair, name in split.items() if name != "train"
        )

    def hides(self, drug: str, disease: str) -> bool:
        """True for a treatment that no evidence may show, since validation or test ask for it."""
        ends = self.drugs.get(drug, "train"), self.diseases.get(disease, "train")
        return ends != ("train", "train") or self._treatments.canonical_pair(drug, disease) in self._held_out

    def allows(self, drug: str, split: SplitName) -> bool:
        """True where a drug may be a candidate in a split."""
        return self.drugs.get(drug, split) == split


def divide(
    treatments: Treatments, pairs: Sequence[Pair], adjacency: Adjacency, config: Config, seed: int
) -> Division:
    """Divides the questions about some treatments; the same graph and seed give the same division.

    Args:
        treatments: of the graph.
        pairs: the drugs and diseases that are asked about.
        adjacency: of the graph, for the similarity of diseases.
        config: the way to split.
        seed: of the draw.
    """
    drug_of, disease_of = treatments.canonical_drug, treatments.canonical_disease
    if config == "pair":
        groups = {pair: f"{drug_of[pair[0]]} {disease_of[pair[1]]}" for pair in pairs}
        split = _draw_splits(Counter(groups.values()), seed)
        return Division(config, groups, {pair: split[group] for pair, group in groups.items()}, treatments)
    if config == "unseen_drug":
        groups = {pair: drug_of[pair[0]] for pair in pairs}
        weights = dict.fromkeys(drug_of.values(), 0) | Counter(groups.values())
        split = _draw_splits(weights, seed)
        return Division(
            config,
            groups,
            {pair: split[group] for pair, group in groups.items()},
            treatments,
            drugs={drug: split[group] for drug, group in drug_of.items()},
        )
    cluster_of = _clusters(treatments, adjacency)
    groups = {pair: cluster_of.get(pair[1], pair[1]) for pair in pairs}
    informed = _informed_diseases(adjacency)
    first = {groups[pair] for pair in pairs if pair[1] in informed}
    split = _draw_splits(Counter(groups.values()), seed, first=first)
    return Division(
        config,
        groups,
        {pair: split[group] for pair, group in groups.items()},
        treatments,
        diseases={disease: split.get(cluster_of.get(disease, disease), "train") for disease in disease_of},
    )


def _clusters(treatments: Treatments, adjacency: Adjacency) -> dict[str, str]:
    """Maps each disease to the name of its cluster, which similar diseases and synonyms share."""
    from kedrec.ranking.clusters import cluster_diseases
    from kedrec.ranking.metapaths import schema_tables

    treated_count = sum(bool(drugs) for drugs in treatments.treated.values())
    linked_tables = [
        table
        for table in schema_tables()
        if adjacency.has_table(table) and len(adjacency.incidence(table).indices) > 0
    ]
    members: dict[int, list[str]] = defaultdict(list)
    if treated_count > 1:
        numbers = cluster_diseases(adjacency, linked_tables, max_distance=_MOST_APART)
        for id_, number in zip(adjacency.ids("Disease").tolist(), numbers.tolist(), strict=True):
            if number >= 0:
                members[number].append(id_.decode())
    return representatives([*members.values(), *treatments.canonical_disease.items()])


def _informed_diseases(adjacency: Adjacency) -> frozenset[str]:
    """The diseases with other links than treatments and the mechanisms drawn for these."""
    from kedrec.ranking.adjacency import PLAIN
    from kedrec.ranking.metapaths import schema_tables

    links = np.zeros(len(adjacency.ids("Disease")), np.int64)
    for table in schema_tables():
        if table[1:] == ("Drug", "Disease") or not adjacency.has_table(table):
            continue
        incidence = adjacency.incidence(table, PLAIN)
        if table[1] == "Disease":
            links += incidence.degrees
        if table[2] == "Disease":
            links += incidence.back_degrees
    ids = adjacency.ids("Disease").tolist()
    return frozenset(ids[number].decode() for number in np.flatnonzero(links).tolist())


def _draw_splits(weights: Mapping[str, int], seed: int, first: Collection[str] = ()) -> dict[str, SplitName]:
    """Draws each group's split: test and validation are filled in an order drawn by the seed, then training.

    Args:
        weights: questions of each group.
        seed: of the order.
        first: groups that fill test and validation before any other: those that can be answered from the
            graph with all that they ask for hidden.
    """
    total = sum(weights.values())
    splits: dict[str, SplitName] = {}

    def sort_key(group: str) -> tuple[bool, str]:
        digest = hashlib.sha256(f"{seed}:{group}".encode()).hexdigest()
        return (bool(first) and group not in first, digest)

    order = sorted(weights, key=sort_key)
    for split in ("test", "validation"):
        missing = round(_SHARES[split] * total)
        for group in order:
            # A group that is larger than what is missing would leave too little to learn from.
            if group not in splits and 0 < weights[group] <= missing:
                splits[group] = split
                missing -= weights[group]
    for group in order:
        part = int(sort_key(group)[1][:8], 16) / 16**8
        if weights[group] or part < _SHARES["train"]:
            splits.setdefault(group, "train")
        else:  # drugs that are only ever wrong answers are split by the shares alone
            splits[group] = "validation" if part < 0.9 else "test"
    return splits
