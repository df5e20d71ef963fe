"""Groups drugs that speak for themselves in the same way: by the same action on a target, or as one class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.evidence.breadth import MOST_GROUPED
from kedrec.schema import TARGET_KINDS, load_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.ranking.adjacency import Adjacency
    from kedrec.types import Evidence, Recommendation

__all__ = ["group_key", "has_warning", "recommendation_key", "shared_classes"]

_OF_THE_RANKING = "unfitted"  # a remark on all pairs of an answer


def has_warning(remarks: Sequence[str]) -> bool:
    """True if the remarks on a pair, its flags but the first, say that anything is against it."""
    return any(remark != _OF_THE_RANKING for remark in remarks)


def recommendation_key(recommendation: Recommendation) -> tuple[object, ...]:
    """A key that recommendations of one group share."""
    return group_key(
        recommendation.evidence,
        (recommendation.drug.id, recommendation.disease.id),
        known=bool(recommendation.known),
        warned=has_warning(recommendation.flags[1:]),
        drug_class=recommendation.drug_class.id if recommendation.drug_class else "",
    )


def group_key(
    evidence: Sequence[Evidence], pair: tuple[str, str], *, known: bool, warned: bool, drug_class: str
) -> tuple[object, ...]:
    """A key that pairs of one group share: the sign of the action and the target, or else the class.

    A pair with a warning is alone, so that its warning is seen. Known treatments go among themselves.

    Args:
        evidence: the pair's evidence, best first.
        pair: ids of drug and disease.
        known: whether the pair is a known treatment.
        warned: whether anything speaks against it.
        drug_class: id of the drug's class, as of `Recommendation`; "" without.
    """
    path = evidence[0].path if evidence else None
    if path is None or warned:
        return pair
    if path.nodes[1].kind in TARGET_KINDS and evidence[0].role in ("mechanism", "analogy"):
        step = path.steps[0]
        sign = load_schema().relations[step.relation].wording_for(step.action).sign
        return (known, sign, path.nodes[1].id)
    return (known, drug_class) if drug_class else pair


def shared_classes(adjacency: Adjacency, drug: str) -> list[str]:
    """Ids of the classes of few drugs (`MOST_GROUPED`) that a drug shares with others, the broadest first."""
    number = adjacency.number("Drug", drug)
    classes: list[tuple[int, str]] = []
    for relation in load_schema().joining("class", "Drug", "PharmacologicClass"):
        table = (relation, "Drug", "PharmacologicClass")
        if number is None or not adjacency.has_table(table):
            continue
        links = adjacency.incidence(table)
        members = links.back_degrees
        ends = links.row(number).tolist()
        classes += [
            (-int(members[end]), adjacency.node_id(table[2], end))
            for end in ends
            if 1 < members[end] <= MOST_GROUPED[table[2]]
        ]
    return [id_ for _, id_ in sorted(classes)]
