"""Mechanisms put together from curated ones: what a curator drew for another drug, begun with this drug.

A curated mechanism of the disease, drawn for another drug, tells how the disease is got at from some node
on. Where this drug is linked with that node, or a mechanism that was drawn for this drug and another disease
leads there, the two make a mechanism of the pair. It may be longer than any template. A mechanism that was
drawn for the pair itself is one as it stands.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kedrec.ranking.metapaths import CARE, schema_tables
from kedrec.schema import load_schema
from kedrec.stores.templates import Hop, PathTemplate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kedrec.ranking.adjacency import Adjacency, Table

__all__ = ["CHAIN", "LONGEST", "Chain", "Mechanisms", "chain_template", "chains_of"]

CHAIN = "curated-chain"
"""Name of what found a path that no template did."""

LONGEST = 7
"""Most hops of a chain."""

_BOTH_WAYS = frozenset({"PRESENTS", "LOCALIZES_TO", "IS_A"})  # stored the one way, drawn either way
_TREATS: Table = ("TREATS", "Drug", "Disease")

_Node = tuple[str, int]
_Graph = dict[_Node, dict[_Node, Hop]]
_Tail = tuple[tuple[_Node, Hop], ...]
"""What follows a node: each next node with the hop that leads to it."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A path from drug to disease.

    Attributes:
        hops: its steps.
        nodes: numbers of all its nodes, drug and disease included.
        told: how many curated mechanisms have its end, from where it leaves the drug's own.
        own: whether a mechanism of the very pair has it as it stands.
    """

    hops: tuple[Hop, ...]
    nodes: tuple[int, ...]
    told: int
    own: bool


class Mechanisms:
    """The curated mechanisms of a graph by number, each a small graph.

    Args:
        adjacency: the graph, with whatever tables it was read along.
    """

    def __init__(self, adjacency: Adjacency) -> None:
        self._tables = [
            table
            for table in schema_tables()
            if adjacency.has_mechanisms(table) and not (table[0] in CARE and table[2] == "Disease")
        ]
        found = [adjacency.mechanism_links(table) for table in self._tables]
        numbers = np.concatenate([np.zeros(0, np.int32), *(numbers for _, numbers in found)])
        order = np.argsort(numbers, kind="stable")
        self._numbers = numbers[order]
        self._links = np.concatenate([np.zeros(0, np.int64), *(links for links, _ in found)])[order]
        self._of = np.repeat(np.arange(len(found)), [len(links) for links, _ in found])[order]
        self._ends = [max(len(adjacency.ids(table[2])), 1) for table in self._tables]
        self._graphs: dict[int, _Graph] = {}

    def graph(self, number: int) -> _Graph:
        """The links of one mechanism: node -> the nodes it leads to, and how."""
        graph = self._graphs.get(number)
        if graph is None:
            graph = self._graphs[number] = self._made(number)
        return graph

    def _made(self, number: int) -> _Graph:
        relations = load_schema().relations
        graph: _Graph = {}
        begin, past = np.searchsorted(self._numbers, [number, number + 1])
        for of, link in zip(self._of[begin:past].tolist(), self._links[begin:past].tolist(), strict=True):
            relation, start, end = self._tables[of]
            first, second = divmod(link, self._ends[of])
            graph.setdefault((start, first), {}).setdefault(
                (end, second), Hop(relation, forward=True, kind=end)
            )
            if relation in _BOTH_WAYS or relations[relation].symmetric:
                back = Hop(relation, forward=relations[relation].symmetric, kind=start)
                graph.setdefault((end, second), {}).setdefault((start, first), back)
        return graph


def chains_of(
    adjacency: Adjacency, mechanisms: Mechanisms, drug: int, disease: int, most: int
) -> list[Chain]:
    """The chains of a pair: its own first, then those told by most mechanisms, then the shorter.

    Args:
        adjacency: the graph.
        mechanisms: its curated mechanisms, or more: those that it doesn't name aren't used.
        drug: number of the drug.
        disease: number of the disease.
        most: how many to give.
    """
    here, there = ("Drug", drug), ("Disease", disease)
    links, numbers = adjacency.mechanism_links(_TREATS)
    drugs, diseases = np.divmod(links, max(len(adjacency.ids("Disease")), 1))
    drawn = zip(numbers[diseases == disease].tolist(), drugs[diseases == disease].tolist(), strict=True)
    tails: dict[_Node, dict[_Tail, set[int]]] = defaultdict(lambda: defaultdict(set))
    for number, other in sorted(drawn):
        for start, tail in _tails(mechanisms.graph(number), there, ("Drug", other)):
            if (start == here) == (other == drug):  # the pair's own as it stands, of others what follows
                tails[start][tail].add(number)
    if not tails:
        return []
    begins = _heads(
        [mechanisms.graph(number) for number in sorted(set(numbers[drugs == drug].tolist()))], here
    )
    for node, hop in _direct(adjacency, drug, {kind for kind, _ in tails}).items():
        begins[node].append(((node, hop),))
    begins[here] = [()]
    found: dict[tuple[_Node, ...], Chain] = {}
    for start, ways in tails.items():
        for tail, telling in ways.items():
            for begin in begins.get(start, ()):
                _add(found, start == here, (here, (*begin, *tail)), len(telling))
    order = sorted(
        found.values(),
        key=lambda chain: (not chain.own, -chain.told, len(chain.nodes), chain.nodes, _words(chain)),
    )
    return order[:most]


def chain_template(hops: tuple[Hop, ...]) -> PathTemplate:
    """A chain's steps in a template's shape; no statement finds it: every chain has steps of its own."""
    metapath = "Drug " + " ".join(f"{'' if hop.forward else '< '}{hop.relation} {hop.kind}" for hop in hops)
    return PathTemplate(
        name=CHAIN, metapath=metapath, hops=hops, node_variables=(), step_variables=(), stance="supports",
        says="", text="",
    )  # fmt: skip


def _words(chain: Chain) -> tuple[tuple[str, str], ...]:
    return tuple((hop.relation, hop.kind) for hop in chain.hops)


def _add(found: dict[tuple[_Node, ...], Chain], own: bool, path: tuple[_Node, _Tail], told: int) -> None:  # noqa: FBT001  # private, and a fact of the path like the others
    """Keeps a chain that comes to no node twice; of the same nodes the pair's own, or the most told."""
    drug, steps = path
    nodes = (drug, *(node for node, _ in steps))
    if len(steps) < 2 or len(steps) > LONGEST or len(set(nodes)) < len(nodes):
        return
    known = found.get(nodes)
    if known is None or (known.own, known.told) < (own, told):
        hops, numbers = tuple(hop for _, hop in steps), tuple(number for _, number in nodes)
        found[nodes] = Chain(hops, numbers, told, own)


def _heads(graphs: list[_Graph], drug: _Node) -> defaultdict[_Node, list[_Tail]]:
    """The ways that mechanisms of the drug lead from it, by where they come to; more than one hop long."""
    heads: dict[_Node, set[_Tail]] = defaultdict(set)
    for graph in graphs:
        growing: list[_Tail] = [((node, hop),) for node, hop in graph.get(drug, {}).items()]
        while growing:
            path = growing.pop()
            end = path[-1][0]
            if end[0] == "Disease":
                continue
            heads[end].add(path)
            if len(path) < LONGEST - 1:
                passed = {drug, *(node for node, _ in path)}
                growing += [(*path, step) for step in graph.get(end, {}).items() if step[0] not in passed]
    ordered = ((node, sorted(ways, key=repr)) for node, ways in heads.items())
    return defaultdict(list, ordered)


def _tails(graph: _Graph, disease: _Node, drug: _Node) -> Iterator[tuple[_Node, _Tail]]:
    """Every way to the disease, with the node it starts from; none through the mechanism's drug."""
    back: dict[_Node, list[tuple[_Node, Hop]]] = defaultdict(list)
    for node, following in graph.items():
        for next_node, hop in following.items():
            back[next_node].append((node, hop))
    growing: list[tuple[_Node, _Tail]] = [(disease, ())]
    while growing:
        start, tail = growing.pop()
        passed = {disease, *(node for node, _ in tail)}
        for node, hop in back.get(start, ()):
            if node not in passed and node != start:
                longer: _Tail = ((start, hop), *tail)
                yield node, longer
                if len(longer) < LONGEST and node != drug:
                    growing.append((node, longer))


def _direct(adjacency: Adjacency, drug: int, kinds: set[str]) -> dict[_Node, Hop]:
    """What the drug is linked with, of some kinds, and how: what it binds before other words."""
    found: dict[_Node, Hop] = {}
    for relation in ("BINDS", "AFFECTS", "CORRELATED_WITH", "PARTICIPATES_IN", "METABOLIZED_TO"):
        for kind in sorted(kinds):
            table = (relation, "Drug", kind)
            if adjacency.has(table):
                links = adjacency.incidence(table)
                for number in links.indices[links.indptr[drug] : links.indptr[drug + 1]].tolist():
                    found.setdefault((kind, number), Hop(relation, forward=True, kind=kind))
    return found
