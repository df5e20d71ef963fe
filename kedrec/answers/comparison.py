"""Two drugs for one disease: what both have, what one alone has, and what makes the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.ranking.best_paths import best_paths
from kedrec.stores import path_templates
from kedrec.types import ComparedMetapath, ComparedPart, Comparison

if TYPE_CHECKING:
    from kedrec.ranking import PairScore
    from kedrec.ranking.adjacency import Adjacency
    from kedrec.types import Entity, Evidence, Manifest, Recommendation

__all__ = ["compared"]

_NAMED = 3  # differences that the verdict names
_NOTHING = 1e-9


def compared(
    adjacency: Adjacency,
    scores: tuple[PairScore, PairScore],
    left: Recommendation,
    right: Recommendation,
    manifest: Manifest,
) -> Comparison:
    """The comparison of two explained drugs.

    Args:
        adjacency: the graph.
        scores: how the two pairs were scored, with all their parts.
        left, right: the pairs as `explain` gives them.
        manifest: what they were explained from.
    """
    both = (
        tuple(item.id for item in left.evidence if _has_too(adjacency, item, right.drug)),
        tuple(item.id for item in right.evidence if _has_too(adjacency, item, left.drug)),
    )
    disease = left.disease
    parts = _parts(scores)
    return Comparison(
        disease=disease,
        left=left,
        right=right,
        parts=parts,
        metapaths=_metapaths(adjacency, disease, left.drug, right.drug),
        shared=both,
        exclusive=(
            tuple(item.id for item in left.evidence if item.id not in both[0]),
            tuple(item.id for item in right.evidence if item.id not in both[1]),
        ),
        verdict=_verdict(left, right, parts),
        manifest=manifest,
    )


def _has_too(adjacency: Adjacency, item: Evidence, other: Entity) -> bool:
    """Whether another drug has the same path: it is linked with the path's first node as the drug is.

    From there on, the path is the same; only that it may not come back to the other drug.
    """
    if item.path is None or any(node.id == other.id for node in item.path.nodes):
        return False
    step, first = item.path.steps[0], item.path.nodes[1]
    table = (step.relation, other.kind, first.kind)
    turned = (step.relation, first.kind, other.kind)
    forward = step.forward
    if not adjacency.has(table if forward else turned):
        # a symmetric relation may be read the other way than it is stored
        forward = not forward
        if not adjacency.has(table if forward else turned):
            return False
    links = adjacency.incidence(table) if forward else adjacency.incidence(turned).reversed()
    here, there = adjacency.number(other.kind, other.id), adjacency.number(first.kind, first.id)
    if here is None or there is None:
        return False
    return there in links.indices[links.indptr[here] : links.indptr[here + 1]]


def _parts(scores: tuple[PairScore, PairScore]) -> tuple[ComparedPart, ...]:
    """Both scores' parts side by side, those that differ most first."""
    found: dict[tuple[str, str], list[float]] = {}
    for place, one in enumerate(scores):
        parts = one.parts
        base = one.score - sum(part.contribution for part in parts)
        found.setdefault(("base", "base rate"), [0.0, 0.0])[place] += base
        for part in parts:
            found.setdefault((part.group, part.metapath), [0.0, 0.0])[place] += part.contribution
    compared_parts = [
        ComparedPart(group=group, label=label, left=values[0], right=values[1])
        for (group, label), values in found.items()
        if any(values)
    ]
    return tuple(sorted(compared_parts, key=lambda part: (-abs(part.difference), part.label)))


def _metapaths(
    adjacency: Adjacency, disease: Entity, left: Entity, right: Entity
) -> tuple[ComparedMetapath, ...]:
    """Numbers of all supporting paths, by metapath; those without a path left out."""
    ends = adjacency.number("Disease", disease.id)
    starts = [adjacency.number("Drug", drug.id) for drug in (left, right)]
    found = []
    for template in path_templates():
        if template.stance != "supports":
            continue
        counts = [0, 0]
        for place, start in enumerate(starts):
            if start is not None and ends is not None:
                best = best_paths(adjacency, template, start, ends, 1)
                counts[place] = 0 if best is None else best.count
        if any(counts):
            found.append(
                ComparedMetapath(
                    metapath=template.metapath, template=template.name, left=counts[0], right=counts[1]
                )
            )
    return tuple(sorted(found, key=lambda one: (-abs(one.left - one.right), one.template)))


def _verdict(left: Recommendation, right: Recommendation, parts: tuple[ComparedPart, ...]) -> str:
    ahead, behind, sign = (left, right, 1) if left.score >= right.score else (right, left, -1)
    gap = ahead.score - behind.score
    if gap < _NOTHING:
        return f"{left.drug.name} and {right.drug.name} score the same."
    unit = " in log-odds" if ahead.probability is not None else ""
    said = f"{ahead.drug.name} is ahead of {behind.drug.name} by {gap:.2f}{unit}"
    named = [part for part in parts if sign * part.difference > _NOTHING][:_NAMED]
    most = ", ".join(f"{part.label} ({sign * part.difference:+.2f})" for part in named)
    against = next((part for part in parts if sign * part.difference < -_NOTHING), None)
    said += f", most by {most}" if most else ""
    if against is not None:
        said += f"; {behind.drug.name} has more of {against.label} ({abs(against.difference):+.2f})"
    return said + "."
