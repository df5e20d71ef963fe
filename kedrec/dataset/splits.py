"""Which questions are for training, validation and test, in three ways; kin are never parted.

- `pair`: by drug and disease. Both may be known from other questions.
- `unseen_disease`: by clusters of similar diseases. No question of another split is about the disease or one
  much like it.
- `unseen_drug`: by drug. No other split has the drug or a salt of it, be it as a wrong answer.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from kedrec.dataset.same_entity import Union

if TYPE_CHECKING:
    from kedrec.dataset.hf_folder import SplitName
    from kedrec.dataset.treatments import Pair, Treatments
    from kedrec.ranking.adjacency import Adjacency

__all__ = ["CONFIGS", "Config", "Division", "divide"]

Config: TypeAlias = Literal["pair", "unseen_disease", "unseen_drug"]
CONFIGS: tuple[Config, ...] = ("pair", "unseen_disease", "unseen_drug")

_SHARES: Mapping[SplitName, float] = {"train": 0.8, "validation": 0.1, "test": 0.1}
_APART = 0.9  # distance, 1 minus similarity over the greatest; further diseases aren't much alike


class Division:
    """One way to split.

    Attributes:
        config: which.
        groups: pair -> the group that must not be parted.
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
        self._kin = treatments.drug_kin, treatments.disease_kin
        self._asked = frozenset(self._of_kin(*pair) for pair, name in split.items() if name != "train")

    def hidden(self, drug: str, disease: str) -> bool:
        """Whether a treatment may be shown nowhere, since validation or test ask for it."""
        ends = self.drugs.get(drug, "train"), self.diseases.get(disease, "train")
        return ends != ("train", "train") or self._of_kin(drug, disease) in self._asked

    def _of_kin(self, drug: str, disease: str) -> Pair:
        return self._kin[0].get(drug, drug), self._kin[1].get(disease, disease)

    def allowed(self, drug: str, split: SplitName) -> bool:
        """Whether a drug may be a candidate in a split."""
        return self.drugs.get(drug, split) == split


def divide(
    treatments: Treatments, asked: Sequence[Pair], adjacency: Adjacency, config: Config, seed: int
) -> Division:
    """Divides the questions about some treatments; the same graph and seed give the same division.

    Args:
        treatments: of the graph.
        asked: the drugs and diseases that are asked about.
        adjacency: of the graph, to tell which diseases are alike.
        config: the way.
        seed: of the draw.
    """
    drug_of, disease_of = treatments.drug_kin, treatments.disease_kin
    if config == "pair":
        groups = {pair: f"{drug_of[pair[0]]} {disease_of[pair[1]]}" for pair in asked}
        split = _drawn(Counter(groups.values()), seed)
        return Division(config, groups, {pair: split[group] for pair, group in groups.items()}, treatments)
    if config == "unseen_drug":
        groups = {pair: drug_of[pair[0]] for pair in asked}
        weights = dict.fromkeys(drug_of.values(), 0) | Counter(groups.values())
        split = _drawn(weights, seed)
        return Division(
            config,
            groups,
            {pair: split[group] for pair, group in groups.items()},
            treatments,
            drugs={drug: split[group] for drug, group in drug_of.items()},
        )
    cluster = _clusters(treatments, adjacency)
    groups = {pair: cluster(pair[1]) for pair in asked}
    told = _told(adjacency)
    split = _drawn(Counter(groups.values()), seed, first={groups[pair] for pair in asked if pair[1] in told})
    return Division(
        config,
        groups,
        {pair: split[group] for pair, group in groups.items()},
        treatments,
        diseases={disease: split.get(cluster(disease), "train") for disease in disease_of},
    )


def _clusters(treatments: Treatments, adjacency: Adjacency) -> Callable[[str], str]:
    """Names the cluster of a disease: similar diseases and synonyms have one."""
    from kedrec.ranking.clusters import clusters
    from kedrec.ranking.metapaths import schema_tables

    treated = sum(bool(drugs) for drugs in treatments.treated.values())
    linked = [
        table
        for table in schema_tables()
        if adjacency.has(table) and len(adjacency.incidence(table).indices) > 0
    ]
    union: Union[str] = Union()
    members: dict[int, list[str]] = defaultdict(list)
    if treated > 1:
        numbers = clusters(adjacency, linked, apart=_APART)
        for id_, number in zip(adjacency.ids("Disease").tolist(), numbers.tolist(), strict=True):
            if number >= 0:
                members[number].append(id_.decode())
    for together in members.values():
        union.join(together)
    for disease, first in treatments.disease_kin.items():
        union.join((disease, first))
    return union.find


def _told(adjacency: Adjacency) -> frozenset[str]:
    """The diseases of which something else is known than treatments and mechanisms drawn for these."""
    from kedrec.ranking.adjacency import PLAIN
    from kedrec.ranking.metapaths import schema_tables

    links = np.zeros(len(adjacency.ids("Disease")), np.int64)
    for table in schema_tables():
        if table[1:] == ("Drug", "Disease") or not adjacency.has(table):
            continue
        found = adjacency.incidence(table, PLAIN)
        if table[1] == "Disease":
            links += found.degrees
        if table[2] == "Disease":
            links += found.back_degrees
    ids = adjacency.ids("Disease").tolist()
    return frozenset(ids[number].decode() for number in np.flatnonzero(links).tolist())


def _drawn(weights: Mapping[str, int], seed: int, first: Collection[str] = ()) -> dict[str, SplitName]:
    """The split of each group: test and validation are filled in an order drawn by the seed, the rest trains.

    Args:
        weights: questions of each group.
        seed: of the order.
        first: groups that test and validation are filled with as far as there are such: those that can be
            answered from what is left when all that they ask for is hidden.
    """
    total = sum(weights.values())
    found: dict[str, SplitName] = {}

    def drawn(group: str) -> tuple[bool, str]:
        digest = hashlib.sha256(f"{seed}:{group}".encode()).hexdigest()
        return (bool(first) and group not in first, digest)

    order = sorted(weights, key=drawn)
    for split in ("test", "validation"):
        lacking = round(_SHARES[split] * total)
        for group in order:
            # A group that is larger than what is lacking would leave too little to learn from.
            if group not in found and 0 < weights[group] <= lacking:
                found[group] = split
                lacking -= weights[group]
    for group in order:
        part = int(drawn(group)[1][:8], 16) / 16**8
        if weights[group] or part < _SHARES["train"]:
            found.setdefault(group, "train")
        else:  # what is only ever a wrong answer is parted by the shares alone
            found[group] = "validation" if part < 0.9 else "test"
    return found
