"""The evidence of a pair: its best paths, scored, made diverse, numbered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, prod
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from kedrec.errors import NotFoundError
from kedrec.evidence.chains import CHAIN, Mechanisms, chain_template
from kedrec.evidence.path_edges import complete_paths
from kedrec.evidence.path_features import PairFacts, facts_of, pool_of
from kedrec.evidence.scoring import chosen, load_weights, scores_of, template_weights
from kedrec.evidence.verbalize import evidence_item
from kedrec.ranking.best_paths import best_paths
from kedrec.schema import load_schema
from kedrec.stores.templates import PathTemplate, path_templates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.evidence.path_features import Pool
    from kedrec.ranking import Ranker
    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.stores.base import GraphStore, Row
    from kedrec.types import Entity, Evidence, Path, Stance

__all__ = ["PairEvidence", "retrieve"]

_PER_TEMPLATE = 200  # paths of one template that may compete
_ADVERSE = 6  # the same of a template that speaks against
_SPARE = 2  # paths more than asked for whose edges are read, since edges may speak against a path
_ROWS = 2000  # of one query: the nodes of the candidates can make more paths than the candidates
_KEPT = 1000  # drugs and diseases whose edges to genes are kept
_TEMPER = 3.0  # log-odds between two paths' scores that make one's share e times the other's
_PASSING = frozenset({"PRESENTS", "LOCATED_IN"})


class _Known:
    """What was read once of a graph and is asked for again and again."""

    def __init__(self, adjacency: Adjacency) -> None:
        self.mechanisms = Mechanisms(adjacency)
        self.rows: dict[tuple[str, int], list[Row]] = {}


_known: WeakKeyDictionary[Adjacency, _Known] = WeakKeyDictionary()


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
    own: bool = False
    path: Path | None = None


def retrieve(
    store: GraphStore,
    ranker: Ranker,
    drug: Entity,
    disease: Entity,
    *,
    k: int = 8,
    adjacency: Adjacency | None = None,
) -> PairEvidence:
    """The best `k` supporting paths of a pair and the `k` gravest adverse ones.

    Supporting paths are scored by how much they look like the mechanisms that curators draw (see
    `scoring`); one that was drawn for the very pair comes first, and none is shown whose signs say that the
    drug furthers the disease. Of much the same paths the best comes before others. The pair's own
    treatment is never among them. The same graph gives the same evidence, whatever the engine.

    Args:
        store, ranker: a graph and its ranking.
        drug, disease: the pair.
        k: most paths of either list.
        adjacency: the graph with some links hidden, which paths may then not use; None: the ranking's own.

    Raises:
        NotFoundError: the graph has no such drug or disease.
    """
    adjacency = ranker.adjacency if adjacency is None else adjacency
    numbers = []
    for kind, entity in (("Drug", drug), ("Disease", disease)):
        number = adjacency.number(kind, entity.id)
        if number is None:
            raise NotFoundError(
                f"The graph has no {kind} '{entity.id}'.", "Search for its name to find its id."
            )
        numbers.append(number)
    pair = (numbers[0], numbers[1])
    known = _known.get(adjacency)
    if known is None:
        known = _known[adjacency] = _Known(adjacency)
    pool = pool_of(
        adjacency,
        known.mechanisms,
        [template for template in path_templates() if template.stance == "supports"],
        _facts(store, adjacency, known, pair),
        pair,
        most=_PER_TEMPLATE,
    )
    likely = [
        candidate
        for candidate in _fetched(store, drug, disease, _likely(adjacency, pool, k + _SPARE))
        if candidate.own or (candidate.path is not None and _sign(candidate.path) <= 0)
    ]
    adverse = []
    for template in path_templates():
        if template.stance == "adverse":
            best = best_paths(adjacency, template, *pair, _ADVERSE)
            adverse += [
                _Candidate(template, nodes, _gravity(template)) for nodes in (best.paths if best else ())
            ]
    against = sorted(_fetched(store, drug, disease, adverse), key=_order)[:k]
    return PairEvidence(
        drug=drug,
        disease=disease,
        evidence=_numbered("P", likely[:k], "supports"),
        adverse=_numbered("A", against, "adverse"),
        paths=pool.count,
        metapaths=pool.metapaths,
    )


def _facts(store: GraphStore, adjacency: Adjacency, known: _Known, pair: tuple[int, int]) -> PairFacts:
    """What the edges say that join the drug, and the disease, with genes."""
    tables = (("BINDS", "Drug", "Gene"), ("ASSOCIATED_WITH", "Disease", "Gene"))
    of_drug, of_disease = (
        known.rows.pop((table[1], number), []) or _genes_of(store, adjacency, table, number)
        for table, number in zip(tables, pair, strict=True)
    )
    # Put back last: what was asked for longest ago is dropped first.
    known.rows |= {("Drug", pair[0]): of_drug, ("Disease", pair[1]): of_disease}
    while len(known.rows) > _KEPT:
        known.rows.pop(next(iter(known.rows)))
    return facts_of(of_drug, of_disease)


def _genes_of(store: GraphStore, adjacency: Adjacency, table: Table, number: int) -> list[Row]:
    if not adjacency.has(table):
        return []
    links = adjacency.incidence(table)
    linked = links.indices[links.indptr[number] : links.indptr[number + 1]].tolist()
    genes = [adjacency.name("Gene", gene) for gene in linked]
    return store.edges_between(*table, [adjacency.name(table[1], number)], genes) if genes else []


def _likely(adjacency: Adjacency, pool: Pool, most: int) -> list[_Candidate]:
    """The best paths of a pool, in order, each along the template that says most for it."""
    weights = load_weights()
    scores, by_template = scores_of(pool, weights), template_weights(pool, weights)
    found = []
    for path in chosen(pool, scores, most):
        along = pool.member_template[pool.member_path == path].tolist()
        named = [number for number in along if number < len(pool.templates)]
        if named:
            template = pool.templates[max(named, key=lambda number: (by_template[number], -number))]
        else:
            template = chain_template(pool.chains[path])
        found.append(
            _Candidate(template, pool.ids(adjacency, path), float(scores[path]), bool(pool.own[path]))
        )
    return found


def _gravity(template: PathTemplate) -> float:
    """Direct statements before inherited ones, contraindications before what the drug may cause."""
    contraindicated = template.hops[0].relation == "CONTRAINDICATED_FOR"
    return (1.0 if contraindicated else 0.5) / len(template.hops)


def _order(candidate: _Candidate) -> tuple[float, str, tuple[str, ...]]:
    return (-round(candidate.score, 12), candidate.template.name, candidate.nodes)


def _fetched(
    store: GraphStore, drug: Entity, disease: Entity, candidates: Sequence[_Candidate]
) -> list[_Candidate]:
    """The candidates with their paths, in order: those that their templates find in the graph."""
    groups: dict[str, list[_Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(candidate.template.name, []).append(candidate)
    present: set[tuple[str, tuple[str, ...]]] = set()
    for name, group in sorted(groups.items()):
        if name == CHAIN:  # no statement finds it; its edges are read all the same
            present |= {(name, candidate.nodes) for candidate in group}
            continue
        via = sorted({node for candidate in group for node in candidate.nodes})
        rows = store.run(
            f"paths/{name}", {"drug": drug.id, "disease": disease.id, "via": via, "limit": _ROWS}
        )
        columns = [f"{variable}_id" for variable in group[0].template.node_variables[1:-1]]
        present |= {(name, tuple(row[column] for column in columns)) for row in rows}
    found = [candidate for candidate in candidates if (candidate.template.name, candidate.nodes) in present]
    complete = complete_paths(
        store, [(candidate.template, (drug.id, *candidate.nodes, disease.id)) for candidate in found]
    )
    return [
        replace(candidate, path=path)
        for candidate, path in zip(found, complete, strict=True)
        if path is not None
    ]


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
    """The candidates as evidence, by score; their shares sum to 1."""
    ordered = sorted(candidates, key=_order)
    shares = [candidate.score for candidate in ordered]
    if stance == "supports":  # log-odds; what speaks against has its gravity
        shares = [exp((score - shares[0]) / _TEMPER) for score in shares]
    total = sum(shares)
    return tuple(
        evidence_item(candidate.path, f"{letter}{place}", share / total, stance)
        for place, (candidate, share) in enumerate(zip(ordered, shares, strict=True), 1)
        if candidate.path is not None
    )
