"""Compares two drugs for one disease: shared and exclusive paths, and the parts of the score that differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.grounding import verdict_words
from kedrec.ranking.best_paths import best_paths
from kedrec.stores import path_templates
from kedrec.types import ComparedMetapath, ComparedPart, Comparison

if TYPE_CHECKING:
    from kedrec.ranking import PairScore
    from kedrec.ranking.adjacency import Adjacency
    from kedrec.types import Entity, Evidence, Manifest, Recommendation

__all__ = ["compare_drugs"]

_MOST_ADVANTAGES = 3  # of the better drug, in the verdict
_NOTHING = 1e-9


def compare_drugs(
    adjacency: Adjacency,
    scores: tuple[PairScore, PairScore],
    left: Recommendation,
    right: Recommendation,
    manifest: Manifest,
) -> Comparison:
    """The comparison of two explained drugs.

    Args:
        adjacency: the graph.
        scores: the two pairs' scores, with all their parts.
        left, right: the pairs as `Kedrec.explain` returns them.
        manifest: the provenance of both.
    """
    shared = (
        tuple(item.id for item in left.evidence if _shares_path(adjacency, item, right.drug)),
        tuple(item.id for item in right.evidence if _shares_path(adjacency, item, left.drug)),
    )
    disease = left.disease
    parts = _parts(scores)
    return Comparison(
        disease=disease,
        left=left,
        right=right,
        parts=parts,
        metapaths=_metapaths(adjacency, disease, left.drug, right.drug),
        shared=shared,
        exclusive=(
            tuple(item.id for item in left.evidence if item.id not in shared[0]),
            tuple(item.id for item in right.evidence if item.id not in shared[1]),
        ),
        verdict=_verdict(left, right, parts),
        manifest=manifest,
    )


def _shares_path(adjacency: Adjacency, item: Evidence, drug: Entity) -> bool:
    """True where another drug is linked with the path's first node in the same way.

    From that node on the path is the same; it may not pass through the other drug, though.
    """
    if item.path is None or any(node.id == drug.id for node in item.path.nodes):
        return False
    step, first = item.path.steps[0], item.path.nodes[1]
    table = (step.relation, drug.kind, first.kind)
    reverse_table = (step.relation, first.kind, drug.kind)
    forward = step.forward
    if not adjacency.has_table(table if forward else reverse_table):
        # a symmetric relation may be read the other way than it is stored
        forward = not forward
        if not adjacency.has_table(table if forward else reverse_table):
            return False
    links = adjacency.incidence(table) if forward else adjacency.incidence(reverse_table).transposed
    drug_number, first_number = adjacency.number(drug.kind, drug.id), adjacency.number(first.kind, first.id)
    if drug_number is None or first_number is None:
        return False
    return first_number in links.row(drug_number)


def _parts(scores: tuple[PairScore, PairScore]) -> tuple[ComparedPart, ...]:
    """Both scores' parts side by side, those with the greatest difference first."""
    contributions: dict[tuple[str, str], list[float]] = {}
    for side, score in enumerate(scores):
        parts = score.parts
        base = score.score - sum(part.contribution for part in parts)
        contributions.setdefault(("base", "base rate"), [0.0, 0.0])[side] += base
        for part in parts:
            contributions.setdefault((part.group, part.metapath), [0.0, 0.0])[side] += part.contribution
    compared_parts = [
        ComparedPart(group=group, label=label, left=values[0], right=values[1])
        for (group, label), values in contributions.items()
        if any(values)
    ]
    return tuple(sorted(compared_parts, key=lambda part: (-abs(part.difference), part.label)))


def _metapaths(
    adjacency: Adjacency, disease: Entity, left: Entity, right: Entity
) -> tuple[ComparedMetapath, ...]:
    """Counts of all supporting paths by metapath; metapaths without any are omitted."""
    disease_number = adjacency.number("Disease", disease.id)
    drug_numbers = [adjacency.number("Drug", drug.id) for drug in (left, right)]
    rows = []
    for template in path_templates():
        if template.stance != "supports":
            continue
        counts = [0, 0]
        for side, drug_number in enumerate(drug_numbers):
            if drug_number is not None and disease_number is not None:
                paths = best_paths(adjacency, template, drug_number, disease_number, 1)
                counts[side] = 0 if paths is None else paths.count
        if any(counts):
            rows.append(
                ComparedMetapath(
                    metapath=template.metapath, template=template.name, left=counts[0], right=counts[1]
                )
            )
    return tuple(sorted(rows, key=lambda row: (-abs(row.left - row.right), row.template)))


def _verdict(left: Recommendation, right: Recommendation, parts: tuple[ComparedPart, ...]) -> str:
    ahead, behind, sign = (left, right, 1) if left.score >= right.score else (right, left, -1)
    gap = ahead.score - behind.score
    if gap < _NOTHING:
        return verdict_words.equal_scores(left.drug.name, right.drug.name)
    differences = [(part.title, sign * part.difference) for part in parts]
    return verdict_words.comparison_verdict(
        ahead.drug.name,
        behind.drug.name,
        gap,
        log_odds=ahead.probability is not None,
        advantages=[part for part in differences if part[1] > _NOTHING][:_MOST_ADVANTAGES],
        disadvantage=next(
            ((label, -difference) for label, difference in differences if difference < -_NOTHING), None
        ),
    )
