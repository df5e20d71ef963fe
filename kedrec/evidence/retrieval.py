"""The evidence of a pair: the best paths of every template, scored, made diverse, numbered."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

from kedrec.errors import NotFoundError
from kedrec.evidence.rows import complete_paths
from kedrec.evidence.verbalize import evidence_item
from kedrec.ranking.paths import FoundPaths, best_paths
from kedrec.schema import load_schema
from kedrec.stores.templates import PathTemplate, path_templates

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kedrec.ranking import Ranker
    from kedrec.stores.base import GraphStore
    from kedrec.types import Entity, Evidence, Path, PathStep, Stance

__all__ = ["PairEvidence", "retrieve"]

_PER_TEMPLATE = 6  # paths of one template that may compete
_FETCHED = 2  # times k: candidates whose edges are read before the choice
_ROWS = 2000  # of one query: the nodes of the candidates can make more paths than the candidates
_SAME_TEMPLATE = 0.6  # what a second path of a template is worth beside the first
_SAME_NODE = 0.5  # what a path is worth beside another through half of its nodes, squared for all of them
_FLOOR = 0.02  # log-odds that any metapath is taken to tell, so that no path is worth nothing
_MECHANISM = 0.5  # the same for a mechanism: what the drug does, step by step, to the disease
_CURATED = 1.0  # the same for one path that a curator wrote down whole
_ANALOGY = 0.3  # what the contribution of an analogy is worth beside a mechanism's: it explains less
_PASSIVE = 0.2  # what a path is worth where the gene acts on the drug, not the drug on the gene
_ANALOGIES = frozenset(
    {"TREATS", "RESEMBLES", "MEMBER_OF", "EXPRESSED_IN", "UPREGULATES", "DOWNREGULATES", "REGULATES"}
)
_PASSIVE_ACTIONS = frozenset({"substrate", "carrier", "cofactor"})
_PASSIVE_EVIDENCE = re.compile(r"\((?:enzyme|transporter|carrier)\)")  # DrugBank's words: not a target
_PASSING = frozenset({"PRESENTS", "LOCATED_IN"})


@dataclass(frozen=True, slots=True)
class PairEvidence:
    """What the graph says of a drug and a disease.

    Attributes:
        drug, disease: the pair.
        evidence: supporting paths, `P1` best; their scores sum to 1.
        adverse: paths against, `A1` gravest; their scores sum to 1.
        paths: how many supporting paths the graph has.
        metapaths: how many templates have a supporting path.
    """

    drug: Entity
    disease: Entity
    evidence: tuple[Evidence, ...]
    adverse: tuple[Evidence, ...]
    paths: int
    metapaths: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A path by its nodes, before or after its edges are known."""

    template: PathTemplate
    nodes: tuple[str, ...]
    score: float
    curated: bool = False
    path: Path | None = None


def retrieve(store: GraphStore, ranker: Ranker, drug: Entity, disease: Entity, *, k: int = 8) -> PairEvidence:
    """The best `k` supporting paths of a pair and the `k` gravest adverse ones.

    A supporting path is worth its share of its metapath's degree-weighted path count, times what the
    metapath adds to the pair's score; more where a curator wrote the whole of it down, and nothing where
    its signs say that the drug furthers the disease. Of much the same paths only the best are kept.
    The pair's own treatment is never among them. The same graph gives the same evidence, whatever the
    engine.

    Raises:
        NotFoundError: the graph has no such drug or disease.
    """
    numbers = []
    for kind, entity in (("Drug", drug), ("Disease", disease)):
        number = ranker.adjacency.number(kind, entity.id)
        if number is None:
            raise NotFoundError(
                f"The graph has no {kind} '{entity.id}'.", "Search for its name to find its id."
            )
        numbers.append(number)
    contributions = {part.template: part.contribution for part in ranker.pair(drug.id, disease.id).parts}
    found: dict[Stance, list[tuple[PathTemplate, FoundPaths]]] = {"supports": [], "adverse": []}
    for template in path_templates():
        best = best_paths(ranker.adjacency, template, numbers[0], numbers[1], _PER_TEMPLATE)
        if best is not None:
            found[template.stance].append((template, best))
    supporting = [
        _Candidate(template, nodes, worth * weight / best.total + _CURATED * curated, curated)
        for template, best in found["supports"]
        for worth in [_worth(template, contributions.get(template.name, 0.0))]
        for nodes, weight, curated in zip(best.paths, best.weights, best.curated, strict=True)
    ]
    likely = _diverse(supporting, _FETCHED * k)
    read = [_judged(candidate) for candidate in _fetched(store, drug, disease, likely)]
    adverse = [
        _Candidate(template, nodes, _gravity(template))
        for template, best in found["adverse"]
        for nodes in best.paths
    ]
    against = sorted(_fetched(store, drug, disease, adverse), key=_order)
    return PairEvidence(
        drug=drug,
        disease=disease,
        evidence=_numbered("P", sorted(_diverse(read, k), key=_order), "supports"),
        adverse=_numbered("A", against[:k], "adverse"),
        paths=sum(best.count for _, best in found["supports"]),
        metapaths=len(found["supports"]),
    )


def _worth(template: PathTemplate, contribution: float) -> float:
    """Log-odds that a template's paths are taken to tell together."""
    relations = {hop.relation for hop in template.hops}
    if relations & _ANALOGIES:
        return max(_ANALOGY * contribution, _FLOOR)
    return max(contribution, 0.0) + _MECHANISM / max(len(template.hops) - 1, 1)


def _gravity(template: PathTemplate) -> float:
    """Direct statements before inherited ones, contraindications before what the drug may cause."""
    contraindicated = template.hops[0].relation == "CONTRAINDICATED_FOR"
    return (1.0 if contraindicated else 0.5) / len(template.hops)


def _order(candidate: _Candidate) -> tuple[float, str, tuple[str, ...]]:
    return (-round(candidate.score, 12), candidate.template.name, candidate.nodes)


def _diverse(candidates: Sequence[_Candidate], most: int) -> list[_Candidate]:
    """The best candidates, each weighed down by those chosen before that it resembles (MMR)."""
    left = sorted((candidate for candidate in candidates if candidate.score > 0), key=_order)
    worth = [candidate.score for candidate in left]
    chosen: list[_Candidate] = []
    while left and len(chosen) < most:
        place = max(range(len(left)), key=lambda i: (round(worth[i], 12), -i))
        best = left.pop(place)
        worth.pop(place)
        chosen.append(best)
        for i, candidate in enumerate(left):
            if candidate.template.name == best.template.name:
                worth[i] *= _SAME_TEMPLATE
            shared = len(set(candidate.nodes) & set(best.nodes)) / max(len(candidate.nodes), 1)
            worth[i] *= _SAME_NODE ** (2 * shared)
    return chosen


def _fetched(
    store: GraphStore, drug: Entity, disease: Entity, candidates: Iterable[_Candidate]
) -> list[_Candidate]:
    """The candidates with their paths, as their templates find them in the graph."""
    by_template: dict[str, list[_Candidate]] = {}
    for candidate in candidates:
        by_template.setdefault(candidate.template.name, []).append(candidate)
    found: list[tuple[_Candidate, tuple[str, ...]]] = []
    for name, group in sorted(by_template.items()):
        via = sorted({node for candidate in group for node in candidate.nodes})
        rows = store.run(
            f"paths/{name}", {"drug": drug.id, "disease": disease.id, "via": via, "limit": _ROWS}
        )
        columns = [f"{variable}_id" for variable in group[0].template.node_variables]
        present = {tuple(row[column] for column in columns) for row in rows}
        paths = [(candidate, (drug.id, *candidate.nodes, disease.id)) for candidate in group]
        found += [(candidate, ids) for candidate, ids in paths if ids in present]
    complete = complete_paths(store, [(candidate.template, ids) for candidate, ids in found])
    return [
        replace(candidate, path=path)
        for (candidate, _), path in zip(found, complete, strict=True)
        if path is not None
    ]


def _judged(candidate: _Candidate) -> _Candidate:
    """The candidate weighed by what its edges say."""
    path = candidate.path
    if path is None or candidate.curated:
        return candidate
    if _sign(path) > 0:
        return replace(candidate, score=0.0)
    if path.steps[0].relation == "BINDS" and _is_passive(path.steps[0]):
        return replace(candidate, score=candidate.score * _PASSIVE)
    return candidate


def _is_passive(step: PathStep) -> bool:
    """Whether every source has the gene only as what breaks the drug down or carries it."""
    return step.action in _PASSIVE_ACTIONS or all(
        _PASSIVE_EVIDENCE.search(edge.evidence) and "(target)" not in edge.evidence for edge in step.edges
    )


def _sign(path: Path) -> int:
    """What more of the drug means for the disease: +1, -1, or 0 where a step tells no direction.

    Only a chain of influences from the drug to the disease tells one; that a symptom or a process is seen
    somewhere passes it on.
    """
    signs = []
    relations = load_schema().relations
    for step in path.steps:
        if step.relation in _PASSING:
            signs.append(1)
        elif step.forward:
            signs.append(relations[step.relation].worded(step.action).sign)
        else:
            return 0
    return prod(signs)


def _numbered(letter: str, candidates: Sequence[_Candidate], stance: Stance) -> tuple[Evidence, ...]:
    total = sum(candidate.score for candidate in candidates)
    return tuple(
        evidence_item(candidate.path, f"{letter}{place}", candidate.score / total, stance)
        for place, candidate in enumerate(candidates, 1)
        if candidate.path is not None
    )
