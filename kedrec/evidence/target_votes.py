"""Compares a drug's action on its targets with the actions of the drugs that treat the disease.

Where most of those that act on a target with a sign act with the opposite one, the drug may worsen the
disease, and no path through that target speaks for it: not even the target's own link with the disease, which
seldom has a sign. Likewise another drug is no analogy that acts in the opposite way on what both act on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from kedrec.pathlogic.disposition import is_disposition_gene
from kedrec.pathlogic.signs import action_signs, step_signs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kedrec.pathlogic.signs import Signs
    from kedrec.schema import Role
    from kedrec.stores.base import Row
    from kedrec.types import Path

__all__ = ["ACTING", "TargetVotes"]

ACTING: tuple[Role, ...] = ("target", "effect")
"""Roles of the relations by which a drug acts on a gene."""

_UNSIGNED = frozenset({0})
_FEW_OPPONENTS = 2


class TargetVotes:
    """The signs with which a drug and the disease's treatments act on the drug's genes.

    Proteins that only handle drugs are left out.

    Args:
        drug: id of the drug.
        edges: rows of `edges_between_with_role` from the drug and the treatments to the drug's genes, of the
            roles `ACTING`.
    """

    def __init__(self, drug: str, edges: Iterable[Row]) -> None:
        self._drug = drug
        self._targets: dict[str, set[str]] = defaultdict(set)
        self._relations: dict[tuple[str, str], str] = {}
        self._signs: dict[str, dict[str, Signs]] = defaultdict(dict)
        self._own_statements: Counter[tuple[str, int]] = Counter()
        for row in edges:
            if is_disposition_gene(row["end_name"]):
                continue
            actor, gene = row["start_id"], row["end_id"]
            self._targets[actor].add(gene)
            signs = action_signs(row["relation"], row["edge"].get("action") or "") - _UNSIGNED
            if signs:
                self._signs[actor][gene] = self._signs[actor].get(gene, frozenset()) | signs
                self._relations.setdefault((actor, gene), row["relation"])
            if actor == drug and len(signs) == 1:
                self._own_statements[gene, *signs] += 1
        own = self._signs.get(drug, {})
        self._opposing: dict[str, list[str]] = defaultdict(list)
        self._agreeing: dict[str, list[str]] = defaultdict(list)
        for fellow in sorted(self._signs.keys() - {drug}):
            for gene, signs in self._signs[fellow].items():
                mine = own.get(gene, frozenset())
                if len(mine) == 1 == len(signs):
                    (self._agreeing if mine == signs else self._opposing)[gene].append(fellow)

    def is_opposed(self, gene: str) -> bool:
        """True if most treatments that act on a gene with a sign act in the opposite way to the drug."""
        return len(self._opposing[gene]) > len(self._agreeing[gene])

    @property
    def furthers_disease(self) -> bool:
        """True if the drug opposes more treatments on one target than it agrees with on any."""
        opposing, agreeing = (
            max(map(len, votes.values()), default=0) for votes in (self._opposing, self._agreeing)
        )
        return opposing > agreeing

    def has_targets(self, actor: str) -> bool:
        """True if a drug acts on any of the drug's genes."""
        return bool(self._targets[actor])

    def shares_target(self, fellow: str) -> bool:
        """True if the drug and another one act on a common gene, in whatever way."""
        return bool(self._targets[self._drug] & self._targets[fellow])

    def few_opponents(self) -> list[tuple[str, str]]:
        """The genes on which one or two treatments oppose the drug and fewer agree, each with an opponent.

        Where more oppose it, the safety of the pair tells so.
        """
        return [
            (gene, fellows[0])
            for gene, fellows in sorted(self._opposing.items())
            if len(fellows) <= _FEW_OPPONENTS and self.is_opposed(gene)
        ]

    def relation(self, actor: str, gene: str) -> str:
        """The relation by which a drug acts on a gene with a sign, the first of several.

        Raises:
            KeyError: it doesn't.
        """
        return self._relations[actor, gene]

    def is_outvoted(self, path: Path) -> bool:
        """True for a path whose first link states a sign on a gene that most of the drug's edges to it deny.

        Sources err: one calls a sulfonylurea an activator of the receptor that the others say it blocks.
        """
        signs = step_signs(path.steps[0])
        if len(signs) != 1 or signs == _UNSIGNED:
            return False
        gene, (sign,) = path.nodes[1].id, signs
        return self._own_statements[gene, -sign] > self._own_statements[gene, sign]

    def contradicts(self, path: Path) -> bool:
        """True for a path through an opposed target, or through another drug that acts in the opposite way.

        Another drug does if it acts with the opposite sign on at least half of the genes on which both have
        one.
        """
        return any(
            self.is_opposed(node.id) if node.kind == "Gene" else self._acts_oppositely(node.id)
            for node in path.nodes[1:-1]
            if node.kind in ("Gene", "Drug")
        )

    def _acts_oppositely(self, fellow: str) -> bool:
        own, other = self._signs.get(self._drug, {}), self._signs.get(fellow, {})
        common = [gene for gene, signs in own.items() if len(signs) == 1 == len(other.get(gene, ()))]
        opposite = sum(own[gene] != other[gene] for gene in common)
        return opposite > 0 and 2 * opposite >= len(common)
