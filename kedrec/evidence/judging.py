"""Judges a pair's paths: their role beside its other evidence, and what they gain for what they state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kedrec.evidence.chains import HUMAN_GENES
from kedrec.pathlogic.disposition import names_mechanism
from kedrec.pathlogic.roles import SUPPORTING, path_role
from kedrec.pathlogic.signs import path_effect
from kedrec.schema import load_schema
from kedrec.types import is_gene_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kedrec.evidence.target_votes import TargetVotes
    from kedrec.stores.base import Row
    from kedrec.types import Entity, Path, PathRole

__all__ = ["PairJudge", "lists_indication", "mechanism_targets", "treats_related_disease"]

_STATED_BONUS = 1.5  # log-odds that a path gains whose signs say that the drug relieves the disease
_ACTION_BONUS = (
    1.0  # that a path gains through what a source calls the target of the drug's mechanism of action
)
_LISTED_BONUS = 5.0  # that a drug's action on a listed gene gains: other links of it lead to other diseases


@dataclass(frozen=True, slots=True)
class PairJudge:
    """Judges the paths of a pair.

    Attributes:
        drug, disease: the pair.
        votes: the disease's treatments on the drug's targets.
        known: whether the drug is known to treat the disease, so that nothing is inferred against it.
        acted_on: ids of the genes that a source calls targets of the drug's mechanism of action.
        treatment_genes: ids of the genes through which curators say that the disease's treatments act, by
            the drug's id (`Mechanisms.treatment_genes`).
    """

    drug: Entity
    disease: Entity
    votes: TargetVotes
    known: bool
    acted_on: frozenset[str] = frozenset()
    treatment_genes: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def is_opposed(self) -> bool:
        """True if the treatments' actions speak against the drug: then nothing inferred speaks for it."""
        return not self.known and self.votes.furthers_disease

    def role(self, path: Path) -> PathRole:
        """A path's role beside the pair's other evidence."""
        role = path_role(path)
        if role not in SUPPORTING:
            return role
        stated = role == "mechanism" and path_effect(path) == "relieves"
        if self.is_opposed or (self.votes.contradicts(path) and not stated):
            return "opposed"
        if not self._acts_alike(path) or self._shares_side_target(path):
            return "association"
        return role

    def bonus(self, path: Path) -> float:
        """The log-odds that a path gains for what it states; one to a user's own list, for being direct."""
        stated = _STATED_BONUS if path_effect(path) == "relieves" else 0.0
        acts = path.nodes[1].id in self.acted_on
        listed = is_gene_list(self.disease) and len(path.steps) == 2
        return stated + (_ACTION_BONUS if acts else 0.0) + (_LISTED_BONUS if listed else 0.0)

    def _acts_alike(self, path: Path) -> bool:
        """False for an analogy by structure or class with a drug that acts on none of this one's targets.

        A class says enough of drugs without a known target, such as antibiotics.
        """
        first = load_schema().relations[path.steps[0].relation].role
        if first not in ("resemblance", "class"):
            return True
        other = next((node.id for node in path.nodes[1:-1] if node.kind == "Drug"), "")
        return self.votes.shares_target(other) or (
            first == "class" and not self.votes.has_targets(self.drug.id)
        )

    def _shares_side_target(self, path: Path) -> bool:
        """True for an analogy by a human protein with a drug that treats the disease by another one.

        Fluoroquinolones bind human TOP2A a little, and treat infections by what they do to bacteria;
        everolimus binds FKBP1A as tacrolimus does, and treats by mTOR.
        """
        if len(path.steps) < 3 or path.nodes[1].kind != "Gene":
            return False
        gene, genes = path.nodes[1].id, self.treatment_genes.get(path.nodes[2].id)
        return genes is not None and gene not in genes and gene.startswith(HUMAN_GENES)


def mechanism_targets(edges: Iterable[Row]) -> frozenset[str]:
    """Ids of the genes of a drug's edges whose source calls them targets of its mechanism of action."""
    return frozenset(row["end_id"] for row in edges if names_mechanism(row["edge"].get("evidence") or ""))


def treats_related_disease(path: Path) -> bool:
    """True for the drug's own treatment of a broader, a narrower or a sibling disease.

    It tells that a treatment is likely, and no mechanism. What the drug treats nearby is said besides.
    """
    schema = load_schema()
    return (
        schema.relations[path.steps[0].relation].is_care
        and schema.relations[path.steps[-1].relation].role == "hierarchy"
        and all(node.kind == "Disease" for node in path.nodes[1:])
    )


def lists_indication(path: Path) -> bool:
    """True for a side effect that is the disease itself, of a drug that is known to treat the disease.

    Sources that mine labels for side effects also find there what the drug is for. A warning that it worsens
    the disease has an action.
    """
    if len(path.steps) > 1:
        return False
    [step] = path.steps
    is_side_effect = load_schema().relations[step.relation].role == "side effect"
    return is_side_effect and not any(edge.action for edge in step.edges)
