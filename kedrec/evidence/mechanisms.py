"""Reads the curated mechanisms of a graph, and hides an indication's mechanisms from it.

DrugMechDB (Gonzalez-Cavazos et al., Sci Data 2023;10:632) records a mechanism as a small graph from a drug to
a disease. Its links are edges of the knowledge graph that name the mechanism.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from kedrec.errors import NotFoundError
from kedrec.evidence.chains import drawn_either_way
from kedrec.ranking.adjacency import ALL, PLAIN, TREATS, Adjacency, Incidence, table_of
from kedrec.ranking.metapaths import schema_tables
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from kedrec.common.progress import Progress
    from kedrec.ranking.adjacency import Table
    from kedrec.stores.base import GraphStore

__all__ = ["GraphWithoutIndication", "Indication", "Node", "read_indications"]

Node = tuple[str, str]
"""Kind and id."""

_MAX_HOPS = 8  # hops of a curated path; the longest in DrugMechDB from drug to disease, branches aside


@dataclass(frozen=True, slots=True)
class Indication:
    """A drug and a disease, and their curated mechanisms.

    Attributes:
        drug, disease: their ids.
        paths: the nodes between drug and disease of each curated path, in order.
        nodes: every node of the mechanisms but drug and disease.
        links: table, as `table_of` names it -> (start id, end id) of every link of the mechanisms.
    """

    drug: str
    disease: str
    paths: frozenset[tuple[Node, ...]]
    nodes: frozenset[Node]
    links: Mapping[Table, frozenset[tuple[str, str]]]

    @property
    def targets(self) -> frozenset[Node]:
        """The genes that the drug acts on directly."""
        return frozenset(
            (table[2], end)
            for table, pairs in self.links.items()
            if table[1:] == ("Drug", "Gene")
            for start, end in pairs
            if start == self.drug
        )

    @property
    def min_nodes(self) -> int:
        """Least number of nodes between drug and disease of a path that is the mechanism.

        2, or 1 where the longest curated path has no more: as KGML-xDTD counts (Ma et al., GigaScience
        2023;12:giad057).
        """
        return min(2, max(map(len, self.paths)))

    def matches(self, path: tuple[Node, ...]) -> bool:
        """True if a path has at least `min_nodes` nodes, all of them nodes of the mechanisms."""
        return len(path) >= self.min_nodes and self.nodes.issuperset(path)


def read_indications(store: GraphStore, progress: Progress | None = None) -> list[Indication]:
    """The indications that curated mechanisms of the graph explain, sorted by drug and disease.

    A mechanism without a path from its drug to its disease (a link was refused when it was loaded) is
    omitted.
    """
    links: dict[str, list[tuple[Table, str, str]]] = defaultdict(list)
    indications: dict[tuple[str, str], list[str]] = defaultdict(list)
    tables = [
        (relation.name, start, end)
        for relation in load_schema().relations.values()
        for start, end in relation.pairs
    ]
    for index, table in enumerate(tables):
        if progress is not None:
            progress("Reading the curated mechanisms", index, len(tables))
        for batch in store.edges(*table, ["start", "end", "evidence", "mechanisms"]):
            stating = np.flatnonzero(batch.column(3).value_lengths().to_numpy(zero_copy_only=False))
            for row in batch.take(stating).to_pylist():
                for mechanism in row["mechanisms"]:
                    links[mechanism].append((table, row["start"], row["end"]))
                    if table_of(*table) == TREATS and "indication" in row["evidence"]:
                        indications[row["start"], row["end"]].append(mechanism)
    known = [_indication(*pair, [links[name] for name in names]) for pair, names in indications.items()]
    return sorted(
        (indication for indication in known if indication.paths),
        key=lambda indication: (indication.drug, indication.disease),
    )


def _indication(drug: str, disease: str, mechanisms: list[list[tuple[Table, str, str]]]) -> Indication:
    ends = ("Drug", drug), ("Disease", disease)
    paths: set[tuple[Node, ...]] = set()
    nodes: set[Node] = set()
    links: dict[Table, set[tuple[str, str]]] = defaultdict(set)
    for mechanism in mechanisms:
        graph: dict[Node, set[Node]] = defaultdict(set)
        for table, start_id, end_id in mechanism:
            links[table_of(*table)].add((start_id, end_id))
            relation, start, end = table[0], (table[1], start_id), (table[2], end_id)
            if load_schema().relations[relation].is_care and (start, end) == ends:
                continue
            nodes |= {start, end}
            graph[start].add(end)
            if relation in drawn_either_way():
                graph[end].add(start)
        paths |= _paths(graph, *ends) or _paths(_either_way(graph), *ends)
    return Indication(
        drug,
        disease,
        frozenset(path for path in paths if path),
        frozenset(nodes - set(ends)),
        {table: frozenset(pairs) for table, pairs in links.items()},
    )


def _either_way(graph: Mapping[Node, set[Node]]) -> Mapping[Node, set[Node]]:
    """The links, each in both directions: one drawn as "X is caused by Y" is stored from Y to X."""
    both: dict[Node, set[Node]] = defaultdict(set)
    for node, successors in graph.items():
        for successor in successors:
            both[node].add(successor)
            both[successor].add(node)
    return both


def _paths(graph: Mapping[Node, set[Node]], start: Node, end: Node) -> set[tuple[Node, ...]]:
    """The inner nodes of every path without repeated nodes."""
    paths: set[tuple[Node, ...]] = set()
    unfinished: list[tuple[Node, ...]] = [(start,)]
    while unfinished:
        path = unfinished.pop()
        for node in graph.get(path[-1], ()):
            if node == end:
                paths.add(path[1:])
            elif node not in path and len(path) < _MAX_HOPS:
                unfinished.append((*path, node))
    return paths


class GraphWithoutIndication(Adjacency):
    """A view of a graph that hides an indication's treatment and mechanisms.

    A link that another mechanism or another source states as well stays visible; degrees count visible links.

    Args:
        graph: the graph.
        indication: the indication whose treatment and mechanisms are hidden.
        every: hide the links of every curated mechanism, not only the indication's; treatments that any
            mechanism states are hidden whatever other source states them.

    Attributes:
        pair: numbers of the indication's drug and disease.

    Raises:
        NotFoundError: the graph lacks one of the two.
    """

    def __init__(self, graph: Adjacency, indication: Indication, *, every: bool) -> None:
        super().__init__({})
        self._graph, self._indication, self._every = graph, indication, every
        drug, disease = graph.number("Drug", indication.drug), graph.number("Disease", indication.disease)
        if drug is None or disease is None:
            raise NotFoundError(
                f"The graph lacks {indication.drug} or {indication.disease}.",
                "Read the indications again.",
            )
        self.pair = (drug, disease)
        own = graph.mechanisms(TREATS, drug, disease)
        self._own = np.array(sorted(own), np.int32)

    def has_table(self, table: Table) -> bool:
        """True if the graph was read along a table."""
        return self._graph.has_table(table)

    def ids(self, kind: str) -> NDArray[np.bytes_]:
        """The ids of a kind's nodes, ascending; no node is hidden."""
        return self._graph.ids(kind)

    def has_mechanisms(self, table: Table) -> bool:
        """True if any link of a table is part of a visible mechanism."""
        return not self._every and self._graph.has_mechanisms(table)

    def mechanism_links(self, table: Table) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The links of visible mechanisms, with the mechanisms' numbers."""
        links, numbers = self._graph.mechanism_links(table)
        if self._every:
            return links[:0], numbers[:0]
        visible = ~np.isin(numbers, self._own)
        return links[visible], numbers[visible]

    def mechanisms(self, table: Table, start: int, end: int) -> set[int]:
        """Numbers of the visible mechanisms that a link is part of."""
        return set() if self._every else self._graph.mechanisms(table, start, end) - set(self._own.tolist())

    def incidence(self, table: Table, which: str = ALL) -> Incidence:
        """The visible links of one table."""
        links = self._incidences.get((table, which))
        if links is None:
            links = self._incidences[table, which] = self._remaining(table, which)
        return links

    def are_linked(self, first: Node, second: Node) -> bool:
        """True if any visible link joins two nodes, in whatever relation."""
        first_number, second_number = self.number(*first), self.number(*second)
        if first_number is None or second_number is None:
            return False
        for start, end, kinds in (
            (first_number, second_number, (first[0], second[0])),
            (second_number, first_number, (second[0], first[0])),
        ):
            for table in _joining_tables(*kinds):
                if self.has_table(table):
                    links = self.incidence(table)
                    if end in links.row(start):
                        return True
        return False

    def _remaining(self, table: Table, which: str) -> Incidence:
        treatment = table_of(*table) == TREATS
        if self._every and not treatment:
            return _unstated_links(self._graph, table)
        links = self._graph.incidence(table, which)
        if treatment and self._every:
            links = _unstated_links(self._graph, table)
        if treatment:
            return _without_links(links, [self.pair])
        hidden = [pair for pair in self._numbered(table) if not self._is_stated_elsewhere(table, *pair)]
        return _without_links(links, hidden) if hidden else links

    def _numbered(self, table: Table) -> Iterable[tuple[int, int]]:
        """The links of the indication's mechanisms in a table, in both directions where it has both."""
        relation, start, end = table_of(*table)
        stated = list(self._indication.links.get((relation, start, end), ()))
        if load_schema().relations[relation].symmetric:
            reversed_pairs = self._indication.links.get((relation, end, start), ())
            stated += [(second, first) for first, second in reversed_pairs]
        for first, second in stated:
            numbers = self._graph.number(start, first), self._graph.number(end, second)
            if numbers[0] is not None and numbers[1] is not None:
                yield numbers[0], numbers[1]

    def _is_stated_elsewhere(self, table: Table, start: int, end: int) -> bool:
        if self._graph.mechanisms(table, start, end) - set(self._own.tolist()):
            return True
        unstated = _unstated_links(self._graph, table)
        ends = unstated.row(start)
        return end in ends


@cache
def _joining_tables(start: str, end: str) -> list[Table]:
    relations = load_schema().relations
    return [
        table for table in schema_tables() if table[1:] == (start, end) and not relations[table[0]].is_care
    ]


_unstated_treatments: WeakKeyDictionary[Adjacency, dict[Table, Incidence]] = WeakKeyDictionary()


def _unstated_links(graph: Adjacency, table: Table) -> Incidence:
    """The links that a source besides the mechanisms states; of treatments, those of no mechanism."""
    if load_schema().relations[table[0]].role != "treatment":
        return graph.incidence(table, PLAIN)
    treatments = _unstated_treatments.setdefault(graph, {})
    if table not in treatments:  # an adjacency has no `PLAIN` links of treatments
        links, stated = graph.incidence(table), np.unique(graph.mechanism_links(table)[0])
        hidden = np.column_stack(np.divmod(stated, max(len(links.back_indptr) - 1, 1))).tolist()
        treatments[table] = _without_links(links, hidden)
    return treatments[table]


def _without_links(links: Incidence, hidden: Sequence[tuple[int, int]]) -> Incidence:
    """The links without the hidden ones, (start, end) each; absent ones are skipped."""
    positions, back_positions = [], []
    rows, columns = [], []
    for start, end in hidden:
        first, stop = links.indptr[start : start + 2].tolist()
        position = first + int(np.searchsorted(links.indices[first:stop], end))
        if position >= stop or links.indices[position] != end:
            continue
        first, stop = links.back_indptr[end : end + 2].tolist()
        positions.append(position)
        back_positions.append(first + int(np.searchsorted(links.back_indices[first:stop], start)))
        rows.append(start)
        columns.append(end)
    if not positions:
        return links
    return Incidence(
        _lowered_pointers(links.indptr, rows),
        np.delete(links.indices, positions),
        _lowered_pointers(links.back_indptr, columns),
        np.delete(links.back_indices, back_positions),
    )


def _lowered_pointers(pointers: NDArray[np.int64], rows: list[int]) -> NDArray[np.int64]:
    """Row pointers after the removal of one entry for each row listed."""
    removed = np.bincount(rows, minlength=len(pointers) - 1)
    lowered: NDArray[np.int64] = pointers - np.concatenate([np.zeros(1, np.int64), np.cumsum(removed)])
    return lowered
