"""Chains: mechanisms of a pair, joined from curated mechanisms of its disease and links of its drug.

A curated mechanism of the disease, drawn for another drug, leads from each of its nodes to the disease.
Where this drug is linked with such a node, or a mechanism that was drawn for this drug and another disease
leads there, the two make a chain of the pair. It may be longer than any template. A mechanism that was drawn
for the pair itself is a chain as it stands.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from kedrec.ranking.adjacency import TREATS
from kedrec.ranking.metapaths import CARE_RELATIONS, schema_tables
from kedrec.schema import load_schema
from kedrec.stores.templates import Hop, PathTemplate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kedrec.ranking.adjacency import Adjacency
    from kedrec.schema import Role

__all__ = [
    "CHAIN",
    "HUMAN_GENES",
    "MAX_HOPS",
    "Chain",
    "Mechanisms",
    "chain_template",
    "chains_of",
    "drawn_either_way",
]

CHAIN = "curated-chain"
"""Name in place of a template's, for a path that is a chain."""

MAX_HOPS = 7
"""Most hops of a chain."""

HUMAN_GENES = "NCBIGene:"
"""Prefix of human genes' ids; a protein of another organism has UniProt's."""

_DIRECT_ROLES: tuple[Role, ...] = ("target", "effect", "correlation", "participation", "metabolism")

_Node = tuple[str, int]
_Graph = dict[_Node, dict[_Node, Hop]]
_Tail = tuple[tuple[_Node, Hop], ...]
"""Steps after a node: each next node with the hop that leads to it."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A path from drug to disease.

    Attributes:
        hops: its steps.
        nodes: numbers of all its nodes, drug and disease included.
        mechanism_count: number of curated mechanisms that contain its tail, from where it leaves the drug's
            own links.
        own: whether a mechanism of the very pair contains the whole of it.
    """

    hops: tuple[Hop, ...]
    nodes: tuple[int, ...]
    mechanism_count: int
    own: bool


@cache
def drawn_either_way() -> frozenset[str]:
    """Relations that mechanisms state in either direction; the graph stores those not symmetric in one."""
    schema = load_schema()
    symmetric = {name for name, relation in schema.relations.items() if relation.symmetric}
    return frozenset(symmetric.union(schema.with_role("symptom", "site", "hierarchy")))


class Mechanisms:
    """The curated mechanisms of a graph by number, each a small graph.

    Args:
        adjacency: the graph, read along any tables.
    """

    def __init__(self, adjacency: Adjacency) -> None:
        self._tables = [
            table
            for table in schema_tables()
            if adjacency.has_mechanisms(table) and not (table[0] in CARE_RELATIONS and table[2] == "Disease")
        ]
        table_links = [adjacency.mechanism_links(table) for table in self._tables]
        numbers = np.concatenate([np.zeros(0, np.int32), *(numbers for _, numbers in table_links)])
        order = np.argsort(numbers, kind="stable")
        self._numbers = numbers[order]
        self._links = np.concatenate([np.zeros(0, np.int64), *(links for links, _ in table_links)])[order]
        self._table_indices = np.repeat(
            np.arange(len(table_links)), [len(links) for links, _ in table_links]
        )[order]
        self._adjacency = adjacency
        self._ends = [max(len(adjacency.ids(table[2])), 1) for table in self._tables]
        self._graphs: dict[tuple[int, bool], _Graph] = {}

    def graph(self, number: int, *, either_way: bool = False) -> _Graph:
        """The links of one mechanism: node -> next node -> hop.

        Args:
            number: the mechanism's.
            either_way: whether every link may be walked against its direction too.
        """
        graph = self._graphs.get((number, either_way))
        if graph is None:
            graph = self._graphs[number, either_way] = self._build(number, either_way=either_way)
        return graph

    def treatment_genes(self, disease: int) -> dict[str, frozenset[str]]:
        """Ids of the genes through which curators say that a disease's treatments act, by the drug's id.

        Drugs whose mechanisms in the disease name no gene and no organism aren't among them, nor those with
        a family or a complex of proteins, which may be any of its members.

        Args:
            disease: number of the disease.
        """
        adjacency = self._adjacency
        genes = {}
        for drug in adjacency.incidence(TREATS).back_row(disease).tolist():
            nodes = [
                node
                for number in sorted(adjacency.mechanisms(TREATS, drug, disease))
                for node in self._nodes(number)
            ]
            kinds = {kind for kind, _ in nodes}
            if kinds & {"Gene", "Organism"} and not kinds & {"GeneFamily", "Complex"}:
                ids = (adjacency.node_id(kind, place) for kind, place in nodes if kind == "Gene")
                genes[adjacency.node_id("Drug", drug)] = frozenset(ids)
        return genes

    def _nodes(self, number: int) -> set[tuple[str, int]]:
        graph = self.graph(number)
        return {*graph, *(node for successors in graph.values() for node in successors)}

    def _build(self, number: int, *, either_way: bool) -> _Graph:
        relations = load_schema().relations
        graph: _Graph = {}
        first, stop = np.searchsorted(self._numbers, [number, number + 1])
        for table_index, link in zip(
            self._table_indices[first:stop].tolist(), self._links[first:stop].tolist(), strict=True
        ):
            relation, start, end = self._tables[table_index]
            start_number, end_number = divmod(link, self._ends[table_index])
            graph.setdefault((start, start_number), {}).setdefault(
                (end, end_number), Hop(relation, forward=True, kind=end)
            )
            if either_way or relation in drawn_either_way():
                reverse = Hop(relation, forward=relations[relation].symmetric, kind=start)
                graph.setdefault((end, end_number), {}).setdefault((start, start_number), reverse)
        return graph


def chains_of(
    adjacency: Adjacency, mechanisms: Mechanisms, drug: int, disease: int, limit: int
) -> list[Chain]:
    """The chains of a pair: its own first, then those that most mechanisms contain, then the shorter.

    Args:
        adjacency: the graph.
        mechanisms: its curated mechanisms, or more: those that it doesn't name aren't used.
        drug: number of the drug.
        disease: number of the disease.
        limit: most chains.
    """
    drug_node, disease_node = ("Drug", drug), ("Disease", disease)
    links, numbers = adjacency.mechanism_links(TREATS)
    drugs, diseases = np.divmod(links, max(len(adjacency.ids("Disease")), 1))
    drawings = zip(numbers[diseases == disease].tolist(), drugs[diseases == disease].tolist(), strict=True)
    tails: dict[_Node, dict[_Tail, set[int]]] = defaultdict(lambda: defaultdict(set))
    for mechanism, drawn_for in sorted(drawings):
        mechanism_tails = list(_tails(mechanisms.graph(mechanism), disease_node, ("Drug", drawn_for)))
        if drawn_for == drug and all(meeting != drug_node for meeting, _ in mechanism_tails):
            # A link drawn as "X is caused by Y" is stored from Y to X; the curators went on from X to Y.
            either_way = mechanisms.graph(mechanism, either_way=True)
            mechanism_tails = list(_tails(either_way, disease_node, drug_node))
        for meeting, tail in mechanism_tails:
            # The pair's own mechanisms are used whole, others from a node after their drug.
            if (meeting == drug_node) == (drawn_for == drug):
                tails[meeting][tail].add(mechanism)
    if not tails:
        return []
    heads = _heads_from(
        [mechanisms.graph(mechanism) for mechanism in sorted(set(numbers[drugs == drug].tolist()))], drug_node
    )
    for node, hop in _direct_links(adjacency, drug, {kind for kind, _ in tails}).items():
        heads[node].append(((node, hop),))
    heads[drug_node] = [()]
    chains: dict[tuple[_Node, ...], Chain] = {}
    for meeting, tails_there in tails.items():
        for tail, mechanism_numbers in tails_there.items():
            for head in heads.get(meeting, ()):
                _add_chain(
                    chains, (drug_node, (*head, *tail)), len(mechanism_numbers), own=meeting == drug_node
                )
    ordered = sorted(
        chains.values(),
        key=lambda chain: (
            not chain.own,
            -chain.mechanism_count,
            len(chain.nodes),
            chain.nodes,
            _hop_names(chain),
        ),
    )
    return ordered[:limit]


def chain_template(hops: tuple[Hop, ...]) -> PathTemplate:
    """A chain's steps as a template, without a statement: every chain has steps of its own."""
    metapath = "Drug " + " ".join(f"{'' if hop.forward else '< '}{hop.relation} {hop.kind}" for hop in hops)
    return PathTemplate(
        name=CHAIN, metapath=metapath, hops=hops, node_variables=(), step_variables=(), stance="supports",
        says="", text="",
    )  # fmt: skip


def _hop_names(chain: Chain) -> tuple[tuple[str, str], ...]:
    return tuple((hop.relation, hop.kind) for hop in chain.hops)


def _add_chain(
    chains: dict[tuple[_Node, ...], Chain], path: tuple[_Node, _Tail], count: int, *, own: bool
) -> None:
    """Adds a chain without repeated nodes; of equal nodes the pair's own stays, or the best supported."""
    drug, steps = path
    nodes = (drug, *(node for node, _ in steps))
    if len(steps) < 2 or len(steps) > MAX_HOPS or len(set(nodes)) < len(nodes):
        return
    previous = chains.get(nodes)
    if previous is None or (previous.own, previous.mechanism_count) < (own, count):
        hops, numbers = tuple(hop for _, hop in steps), tuple(number for _, number in nodes)
        chains[nodes] = Chain(hops, numbers, count, own)


def _heads_from(graphs: list[_Graph], drug: _Node) -> defaultdict[_Node, list[_Tail]]:
    """Paths from the drug within its own mechanisms, by their end node."""
    heads: dict[_Node, set[_Tail]] = defaultdict(set)
    for graph in graphs:
        unfinished: list[_Tail] = [((node, hop),) for node, hop in graph.get(drug, {}).items()]
        while unfinished:
            path = unfinished.pop()
            end = path[-1][0]
            if end[0] == "Disease":
                continue
            heads[end].add(path)
            if len(path) < MAX_HOPS - 1:
                visited = {drug, *(node for node, _ in path)}
                unfinished += [(*path, step) for step in graph.get(end, {}).items() if step[0] not in visited]
    ordered = ((node, sorted(heads_there, key=repr)) for node, heads_there in heads.items())
    return defaultdict(list, ordered)


def _tails(graph: _Graph, disease: _Node, drug: _Node) -> Iterator[tuple[_Node, _Tail]]:
    """Every path of a mechanism to the disease, with its start node; none passes through its drug."""
    incoming: dict[_Node, list[tuple[_Node, Hop]]] = defaultdict(list)
    for node, successors in graph.items():
        for next_node, hop in successors.items():
            incoming[next_node].append((node, hop))
    unfinished: list[tuple[_Node, _Tail]] = [(disease, ())]
    while unfinished:
        start, tail = unfinished.pop()
        visited = {disease, *(node for node, _ in tail)}
        for node, hop in incoming.get(start, ()):
            if node not in visited and node != start:
                longer: _Tail = ((start, hop), *tail)
                yield node, longer
                if len(longer) < MAX_HOPS and node != drug:
                    unfinished.append((node, longer))


def _direct_links(adjacency: Adjacency, drug: int, kinds: set[str]) -> dict[_Node, Hop]:
    """The drug's direct links to nodes of some kinds; targets take precedence over other links."""
    first_links: dict[_Node, Hop] = {}
    for relation in (name for role in _DIRECT_ROLES for name in load_schema().with_role(role)):
        for kind in sorted(kinds):
            table = (relation, "Drug", kind)
            if adjacency.has_table(table):
                links = adjacency.incidence(table)
                for number in links.row(drug).tolist():
                    first_links.setdefault((kind, number), Hop(relation, forward=True, kind=kind))
    return first_links
