"""Which questions are for training, validation and test, in three ways; kin are never parted.

- `pair`: by drug and disease. Both may be known from other questions.
- `unseen_disease`: by clusters of similar diseases. No question of another split is about the disease or one
  much like it.
- `unseen_drug`: by drug. No other split has the drug or a salt of it, be it as a wrong answer.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from kedrec.dataset.folder import SPLITS, SplitName
from kedrec.dataset.kin import Union

if TYPE_CHECKING:
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
    split = _drawn(Counter(groups.values()), seed)
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


def _drawn(weights: Mapping[str, int], seed: int) -> dict[str, SplitName]:
    """The split of each group: in an order drawn by the seed, each into the split that lacks most.

    Large groups come first, so that one of them doesn't overfill a small split at the end.
    """
    total = sum(weights.values())
    large = max(total * _SHARES["test"] / 10, 1)
    lacking = {split: share * total for split, share in _SHARES.items()}
    found: dict[str, SplitName] = {}

    def drawn(group: str) -> str:
        return hashlib.sha256(f"{seed}:{group}".encode()).hexdigest()

    idle = [group for group, weight in weights.items() if not weight]
    for group in sorted(weights, key=lambda group: (-max(weights[group], large), drawn(group))):
        if weights[group]:
            found[group] = max(SPLITS, key=lambda split: lacking[split])
            lacking[found[group]] -= weights[group]
    for group in idle:  # what is only ever a wrong answer is parted by the shares alone
        part = int(drawn(group)[:8], 16) / 16**8
        found[group] = "train" if part < 0.8 else "validation" if part < 0.9 else "test"
    return found
