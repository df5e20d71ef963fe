"""Retrieves the evidence of a pair: its best paths, scored, diversified and numbered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from math import exp, inf
from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary, proxy

from kedrec.errors import NotFoundError
from kedrec.evidence.breadth import Breadths
from kedrec.evidence.chains import CHAIN, Mechanisms, chain_template
from kedrec.evidence.judging import (
    PairJudge,
    lists_indication,
    mechanism_targets,
    treats_related_disease,
)
from kedrec.evidence.node_edges import node_edges
from kedrec.evidence.path_edges import StoredLinks, complete_paths
from kedrec.evidence.path_features import gene_facts
from kedrec.evidence.path_pool import pool_of
from kedrec.evidence.scoring import diverse_paths, load_weights, path_scores, template_weights
from kedrec.evidence.target_votes import ACTING, TargetVotes
from kedrec.evidence.verbalize import evidence_item
from kedrec.pathlogic.roles import LEADING, SUPPORTING, opposes
from kedrec.pathlogic.signs import path_effect
from kedrec.ranking.adjacency import TREATS
from kedrec.ranking.best_paths import best_paths
from kedrec.schema import load_schema
from kedrec.stores.templates import Hop, PathTemplate, path_templates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kedrec.evidence.path_pool import Pool
    from kedrec.ranking import Ranker
    from kedrec.ranking.adjacency import Adjacency
    from kedrec.stores.base import GraphStore, Row
    from kedrec.types import Entity, Evidence, Path, PathRole, Stance

__all__ = ["PairEvidence", "retrieve"]

_PER_TEMPLATE = 200  # paths of one template that may compete
_PER_ADVERSE_TEMPLATE = 6  # paths of one adverse template that may compete
_BATCH = 40  # paths whose edges are read at once, to judge them
_MOST_JUDGED = 200  # paths of a pair that are judged, until enough may lead an answer
_MOST_OPPOSED = 2  # paths of a kind that say that the drug furthers the disease
_MARGIN = 0.01  # log-odds between the best path that may lead an answer and the best association
_OPPOSED_GRAVITY = 0.2  # of a path that says that the drug furthers the disease; a contraindication's is 1
_MAX_ROWS = 2000  # of one query: the nodes of the candidates can make more paths than the candidates
_TEMPERATURE = 3.0  # log-odds between two paths' scores that make one's share e times the other's


class _GraphCache:
    """Mechanisms, breadths and links of one graph that many pairs share."""

    def __init__(self, adjacency: Adjacency) -> None:
        self._graph: Adjacency = proxy(adjacency)  # weak, so that the cache goes with its graph
        self._treatment_genes: dict[int, dict[str, frozenset[str]]] = {}
        self.mechanisms = Mechanisms(self._graph)
        self.breadths = Breadths(self._graph)
        self.links = StoredLinks()

    def treatment_genes(self, disease: int) -> dict[str, frozenset[str]]:
        """As of `Mechanisms`, found once a disease."""
        if disease not in self._treatment_genes:
            self._treatment_genes[disease] = self.mechanisms.treatment_genes(disease)
        return self._treatment_genes[disease]


_caches: WeakKeyDictionary[Adjacency, _GraphCache] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class PairEvidence:
    """The evidence for and against a drug in a disease.

    Attributes:
        drug, disease: the pair.
        evidence: supporting paths, `P1` best; their scores sum to 1. Associations come after every mechanism
            and analogy.
        adverse: paths against, `A1` gravest; their scores sum to 1.
        paths: number of paths in the graph, of any role.
        metapaths: number of templates with a supporting path.
        opposed: whether the drug opposes more treatments of the disease on one target than it agrees with on
            any, and isn't known to treat it itself.
    """

    drug: Entity
    disease: Entity
    evidence: tuple[Evidence, ...]
    adverse: tuple[Evidence, ...]
    paths: int
    metapaths: int
    opposed: bool = False


@dataclass(frozen=True, slots=True)
class _PathCandidate:
    """A path by its inner nodes; `path` is None until its edges are read."""

    template: PathTemplate
    nodes: tuple[str, ...]
    score: float
    path: Path | None = None
    role: PathRole | Literal[""] = ""


@dataclass(frozen=True, slots=True)
class _PathReader:
    """Reads the edges of a pair's paths, and confirms by their templates those that are shown.

    Attributes:
        store: the graph.
        drug, disease: the pair.
        links: links of the graph that were read before.
    """

    store: GraphStore
    drug: Entity
    disease: Entity
    links: StoredLinks

    def with_edges(self, candidates: Sequence[_PathCandidate]) -> list[_PathCandidate]:
        """The candidates with their paths, in order; without those of which the graph lacks an edge."""
        ids = [(one.template, (self.drug.id, *one.nodes, self.disease.id)) for one in candidates]
        paths = complete_paths(self.store, ids, self.links)
        return [
            replace(candidate, path=path)
            for candidate, path in zip(candidates, paths, strict=True)
            if path is not None
        ]

    def confirmed(self, candidates: Sequence[_PathCandidate]) -> list[_PathCandidate]:
        """The candidates that their templates find in the graph, in order.

        A chain of curated mechanisms has no template; all its edges were read.
        """
        groups: dict[str, list[_PathCandidate]] = {}
        for candidate in candidates:
            groups.setdefault(candidate.template.name, []).append(candidate)
        present: set[tuple[str, tuple[str, ...]]] = set()
        for name, group in sorted(groups.items()):
            if name == CHAIN:
                present |= {(name, candidate.nodes) for candidate in group}
                continue
            via = sorted({node for candidate in group for node in candidate.nodes})
            values = {"drug": self.drug.id, "disease": self.disease.id, "via": via, "limit": _MAX_ROWS}
            columns = [f"{variable}_id" for variable in group[0].template.node_variables[1:-1]]
            rows = self.store.run(f"paths/{name}", values)
            present |= {(name, tuple(row[column] for column in columns)) for row in rows}
        return [
            candidate for candidate in candidates if (candidate.template.name, candidate.nodes) in present
        ]


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

    Supporting paths are scored by their likeness to the mechanisms that curators draw (see `scoring`); one
    that was drawn for the very pair comes first. Of similar paths the best comes before others. Paths are no
    support where their role is none (a site, a side effect, a protein that handles the drug), and where they
    say that the drug furthers the disease (see `kedrec.pathlogic`) or act through a target on which the
    disease's treatments act in the opposite way; the latter two are adverse, unless the drug is known to
    treat the disease. That such a drug lists the disease among its side effects is not adverse either. The
    pair's own treatment is never among them. The same graph gives the same evidence, whatever the engine.

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
    cache = _caches.get(adjacency)
    if cache is None:
        cache = _caches[adjacency] = _GraphCache(adjacency)
    edges = node_edges(adjacency)
    target_edges = edges.read_role(store, adjacency, "target", ("Drug", "Gene"), [pair[0]])
    disease_edges = edges.read_role(store, adjacency, "disease gene", ("Disease", "Gene"), [pair[1]])
    pool = pool_of(
        adjacency,
        cache.mechanisms,
        [template for template in path_templates() if template.stance == "supports"],
        gene_facts(target_edges, disease_edges),
        pair,
        breadths=cache.breadths,
        most=_PER_TEMPLATE,
    )
    votes = _votes(store, adjacency, drug, target_edges, pair)
    judge = PairJudge(
        drug,
        disease,
        votes,
        known=adjacency.treats(*pair),
        acted_on=mechanism_targets(target_edges),
        treatment_genes=cache.treatment_genes(pair[1]),
    )
    candidates = islice(_best_candidates(adjacency, pool), _MOST_JUDGED)
    reader = _PathReader(store, drug, disease, cache.links)
    supporting, opposed = _judged(reader, judge, candidates, k)
    adverse = []
    for template in path_templates():
        if template.stance == "adverse":
            best = best_paths(adjacency, template, *pair, _PER_ADVERSE_TEMPLATE)
            adverse += [
                _PathCandidate(template, nodes, _gravity(template)) for nodes in (best.paths if best else ())
            ]
    against = sorted(reader.with_edges(adverse), key=_sort_key)
    if judge.known:
        against = [one for one in against if one.path is None or not lists_indication(one.path)]
    else:
        against += [*(_opposed_targets(reader, judge) if judge.is_opposed else ()), *opposed]
    return PairEvidence(
        drug=drug,
        disease=disease,
        evidence=_numbered("P", reader.confirmed(supporting), "supports"),
        adverse=_numbered("A", reader.confirmed(against[:k]), "adverse"),
        paths=pool.count,
        metapaths=pool.metapaths,
        opposed=judge.is_opposed,
    )


def _votes(
    store: GraphStore, adjacency: Adjacency, drug: Entity, target_edges: Sequence[Row], pair: tuple[int, int]
) -> TargetVotes:
    """The signs with which the drug and the disease's treatments act on the drug's genes."""
    edges = node_edges(adjacency)
    kinds = ("Drug", "Gene")
    own = [*target_edges, *edges.read_role(store, adjacency, "effect", kinds, [pair[0]])]
    genes = {row["end_id"] for row in own}
    fellows = [
        number for number in adjacency.incidence(TREATS).back_row(pair[1]).tolist() if number != pair[0]
    ]
    others = [
        row
        for role in (ACTING if genes else ())
        for row in edges.read_role(store, adjacency, role, kinds, fellows)
        if row["end_id"] in genes
    ]
    return TargetVotes(drug.id, [*own, *others])


def _judged(
    reader: _PathReader, judge: PairJudge, candidates: Iterator[_PathCandidate], k: int
) -> tuple[list[_PathCandidate], list[_PathCandidate]]:
    """The best candidates that support a drug, at most `k`, and a few along which it furthers the disease.

    No more candidates are taken than it needs to find `k` that may lead an answer.
    """
    alike: dict[tuple[object, ...], _PathCandidate] = {}
    associations: list[_PathCandidate] = []
    opposed: list[_PathCandidate] = []
    opposed_targets: set[str] = set()
    size = max(_BATCH, k)
    while batch := list(islice(candidates, size)):
        for candidate in reader.with_edges(batch):
            if candidate.path is None or judge.votes.is_outvoted(candidate.path):
                continue
            role = judge.role(candidate.path)
            if role in LEADING:
                scored = replace(candidate, role=role, score=candidate.score + judge.bonus(candidate.path))
                reading = candidate.path.wording_keys, candidate.path.name_keys
                alike[reading] = min(scored, alike.get(reading, scored), key=_sort_key)
            elif role in SUPPORTING:
                associations.append(replace(candidate, role=role))
            elif opposes(candidate.path):
                opposed_targets.add(candidate.nodes[0])
                opposed.append(replace(candidate, role="opposed", score=_OPPOSED_GRAVITY))
        if len(alike) >= k:
            break
    leading = list(alike.values())
    relieves = any(path_effect(candidate.path) == "relieves" for candidate in leading if candidate.path)
    if not (relieves or judge.known):  # no unsigned path through what is stated to further the disease
        leading, associations = (
            [candidate for candidate in candidates_of_role if candidate.nodes[0] not in opposed_targets]
            for candidates_of_role in (leading, associations)
        )
    leading = _related_after_mechanisms(leading)
    best = max((candidate.score for candidate in leading), default=inf)
    supporting = leading + [
        replace(candidate, score=min(candidate.score, best - _MARGIN)) for candidate in associations
    ]
    return sorted(supporting, key=_sort_key)[:k], [] if relieves else opposed[:_MOST_OPPOSED]


def _related_after_mechanisms(leading: Sequence[_PathCandidate]) -> list[_PathCandidate]:
    """The candidates; treatments of related diseases come just below the best mechanism, if there is one."""
    top = max((one.score for one in leading if one.role == "mechanism"), default=inf)
    return [
        replace(one, score=min(one.score, top - _MARGIN))
        if one.path and treats_related_disease(one.path)
        else one
        for one in leading
    ]


def _opposed_targets(reader: _PathReader, judge: PairJudge) -> list[_PathCandidate]:
    """Paths through the targets on which the few treatments that act there act in the opposite way."""
    candidates = []
    for gene, fellow in judge.votes.few_opponents()[:_MOST_OPPOSED]:
        hops = (
            Hop(judge.votes.relation(judge.drug.id, gene), forward=True, kind="Gene"),
            Hop(judge.votes.relation(fellow, gene), forward=False, kind="Drug"),
            Hop(TREATS[0], forward=True, kind="Disease"),
        )
        candidates.append(_PathCandidate(chain_template(hops), (gene, fellow), _OPPOSED_GRAVITY))
    return [replace(candidate, role="opposed") for candidate in reader.with_edges(candidates)]


def _best_candidates(adjacency: Adjacency, pool: Pool) -> Iterator[_PathCandidate]:
    """Yields the best paths of a pool, in order, each with the template that has the greatest weight."""
    weights = load_weights()
    scores, by_template = path_scores(pool, weights), template_weights(pool, weights)
    for path in diverse_paths(pool, scores):
        template_numbers = pool.member_template[pool.member_path == path].tolist()
        real_templates = [number for number in template_numbers if number < len(pool.templates)]
        if real_templates:
            template = pool.templates[max(real_templates, key=lambda number: (by_template[number], -number))]
        else:
            template = chain_template(pool.chains[path])
        yield _PathCandidate(template, pool.ids(adjacency, path), float(scores[path]))


def _gravity(template: PathTemplate) -> float:
    """The gravity of an adverse path: direct before inherited, contraindications before side effects."""
    contraindicated = load_schema().relations[template.hops[0].relation].role == "contraindication"
    return (1.0 if contraindicated else 0.5) / len(template.hops)


def _rounded_score(candidate: _PathCandidate) -> float:
    """The score without its last digits, by which equal paths may differ."""
    return round(candidate.score, 12)


def _sort_key(candidate: _PathCandidate) -> tuple[float, str, tuple[str, ...]]:
    return (-_rounded_score(candidate), candidate.template.name, candidate.nodes)


def _numbered(letter: str, candidates: Sequence[_PathCandidate], stance: Stance) -> tuple[Evidence, ...]:
    """The candidates as evidence, by score; their shares sum to 1."""
    ordered = sorted(candidates, key=_sort_key)
    shares = [_rounded_score(candidate) for candidate in ordered]
    if stance == "supports":  # scores are log-odds; of adverse paths they are gravities
        shares = [exp((score - shares[0]) / _TEMPERATURE) for score in shares]
    total = sum(shares)
    return tuple(
        evidence_item(candidate.path, f"{letter}{rank}", share / total, stance, candidate.role)
        for rank, (candidate, share) in enumerate(zip(ordered, shares, strict=True), 1)
        if candidate.path is not None
    )
