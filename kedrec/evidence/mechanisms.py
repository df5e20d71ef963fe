"""Curated mechanisms of a graph, and the graph as it would be without some of them.

DrugMechDB (Gonzalez-Cavazos et al., Sci Data 2023;10:632) writes a mechanism down as a small graph from a
drug to a disease. Its links are edges of the knowledge graph that name the mechanism.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from kedrec.errors import NotFoundError
from kedrec.ranking.adjacency import ALL, PLAIN, Adjacency, Incidence
from kedrec.ranking.metapaths import schema_tables
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from kedrec.common.progress import Progress
    from kedrec.ranking.adjacency import Table
    from kedrec.stores.base import GraphStore

__all__ = ["Indication", "Node", "Without", "read_indications"]

Node = tuple[str, str]
"""Kind and id."""

_CARE = frozenset({"TREATS", "PALLIATES"})
_BOTH_WAYS = frozenset({"PRESENTS", "LOCALIZES_TO", "IS_A"})  # stored the one way, drawn either way
_LONGEST = 8  # hops of a curated path; the longest in DrugMechDB from drug to disease, branches aside


@dataclass(frozen=True, slots=True)
class Indication:
    """A drug and a disease, and the mechanisms that curators wrote down for the two.

    Attributes:
        drug, disease: their ids.
        paths: the nodes between drug and disease of each curated path, in order.
        nodes: every node of the mechanisms but the two.
        links: table -> (start id, end id) of every link of the mechanisms.
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
    def least(self) -> int:
        """Nodes between drug and disease that a path must have to be the mechanism: 2, or 1 where the
        longest curated path has no more (as KGML-xDTD counts: Ma et al., GigaScience 2023;12:giad057).
        """
        return min(2, max(map(len, self.paths)))

    def matches(self, path: tuple[Node, ...]) -> bool:
        """Whether every node of a path is one of the mechanisms', and enough of them are there."""
        return len(path) >= self.least and self.nodes.issuperset(path)


def read_indications(store: GraphStore, progress: Progress | None = None) -> list[Indication]:
    """The indications that curated mechanisms of the graph explain, by drug and disease.

    A mechanism without a path from its drug to its disease (a link was refused when it was loaded) is
    left out.
    """
    links: dict[str, list[tuple[Table, str, str]]] = defaultdict(list)
    indications: dict[tuple[str, str], list[str]] = defaultdict(list)
    tables = [
        (relation.name, start, end)
        for relation in load_schema().relations.values()
        for start, end in relation.pairs
    ]
    for done, table in enumerate(tables):
        if progress is not None:
            progress("Reading the curated mechanisms", done, len(tables))
        for batch in store.edges(*table, ["start", "end", "evidence", "mechanisms"]):
            named = np.flatnonzero(batch.column(3).value_lengths().to_numpy(zero_copy_only=False))
            for row in batch.take(named).to_pylist():
                for mechanism in row["mechanisms"]:
                    links[mechanism].append((table, row["start"], row["end"]))
                    if table == ("TREATS", "Drug", "Disease") and "indication" in row["evidence"]:
                        indications[row["start"], row["end"]].append(mechanism)
    found = [_indication(*pair, [links[name] for name in names]) for pair, names in indications.items()]
    return sorted((one for one in found if one.paths), key=lambda one: (one.drug, one.disease))


def _indication(drug: str, disease: str, mechanisms: list[list[tuple[Table, str, str]]]) -> Indication:
    symmetric = {name for name, relation in load_schema().relations.items() if relation.symmetric}
    ends = ("Drug", drug), ("Disease", disease)
    paths: set[tuple[Node, ...]] = set()
    nodes: set[Node] = set()
    kept: dict[Table, set[tuple[str, str]]] = defaultdict(set)
    for mechanism in mechanisms:
        graph: dict[Node, set[Node]] = defaultdict(set)
        for table, start_id, end_id in mechanism:
            kept[table].add((start_id, end_id))
            relation, start, end = table[0], (table[1], start_id), (table[2], end_id)
            if relation in _CARE and (start, end) == ends:
                continue
            nodes |= {start, end}
            graph[start].add(end)
            if relation in _BOTH_WAYS or relation in symmetric:
                graph[end].add(start)
        paths |= _paths(graph, *ends)
    return Indication(
        drug,
        disease,
        frozenset(path for path in paths if path),
        frozenset(nodes - set(ends)),
        {table: frozenset(pairs) for table, pairs in kept.items()},
    )


def _paths(graph: Mapping[Node, set[Node]], start: Node, end: Node) -> set[tuple[Node, ...]]:
    """What is between, for every path without repeats."""
    found: set[tuple[Node, ...]] = set()
    growing: list[tuple[Node, ...]] = [(start,)]
    while growing:
        path = growing.pop()
        for node in graph.get(path[-1], ()):
            if node == end:
                found.add(path[1:])
            elif node not in path and len(path) < _LONGEST:
                growing.append((*path, node))
    return found


class Without(Adjacency):
    """A graph as it would be without an indication's treatment and mechanisms.

    A link that another mechanism or another source states as well stays; degrees count what stays.

    Args:
        whole: the graph.
        indication: whose treatment to hide, and whose mechanisms.
        every: hide what any curated mechanism states, not only the indication's; treatments that any states
            go whole.

    Attributes:
        pair: numbers of the indication's drug and disease.

    Raises:
        NotFoundError: the graph lacks one of the two.
    """

    def __init__(self, whole: Adjacency, indication: Indication, *, every: bool) -> None:
        super().__init__({})
        self._whole, self._indication, self._every = whole, indication, every
        drug, disease = whole.number("Drug", indication.drug), whole.number("Disease", indication.disease)
        if drug is None or disease is None:
            raise NotFoundError(
                f"The graph lacks {indication.drug} or {indication.disease}.",
                "Read the indications again.",
            )
        self.pair = (drug, disease)
        own = whole.mechanisms(("TREATS", "Drug", "Disease"), drug, disease)
        self._own = np.array(sorted(own), np.int32)

    def has(self, table: Table) -> bool:
        """Whether the graph was read along a table."""
        return self._whole.has(table)

    def ids(self, kind: str) -> NDArray[np.bytes_]:
        """The ids of a kind's nodes, ascending: hidden links hide no node."""
        return self._whole.ids(kind)

    def has_mechanisms(self, table: Table) -> bool:
        """Whether any link of a relation is part of a mechanism that isn't hidden."""
        return not self._every and self._whole.has_mechanisms(table)

    def mechanism_links(self, table: Table) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The links that mechanisms which aren't hidden are made of."""
        links, numbers = self._whole.mechanism_links(table)
        if self._every:
            return links[:0], numbers[:0]
        left = ~np.isin(numbers, self._own)
        return links[left], numbers[left]

    def mechanisms(self, table: Table, start: int, end: int) -> set[int]:
        """Numbers of the mechanisms that a link is part of, without hidden ones."""
        return set() if self._every else self._whole.mechanisms(table, start, end) - set(self._own.tolist())

    def incidence(self, table: Table, which: str = ALL) -> Incidence:
        """The links of one relation that are left."""
        found = self._incidences.get((table, which))
        if found is None:
            found = self._incidences[table, which] = self._left(table, which)
        return found

    def joined(self, first: Node, second: Node) -> bool:
        """Whether any link that is left joins two nodes, whatever it says."""
        one, other = self.number(*first), self.number(*second)
        if one is None or other is None:
            return False
        for start, end, kinds in ((one, other, (first[0], second[0])), (other, one, (second[0], first[0]))):
            for table in _tables(*kinds):
                if self.has(table):
                    links = self.incidence(table)
                    if end in links.indices[links.indptr[start] : links.indptr[start + 1]]:
                        return True
        return False

    def _left(self, table: Table, which: str) -> Incidence:
        treatment = table == ("TREATS", "Drug", "Disease")
        if self._every and not treatment:
            return _plain(self._whole, table)
        links = self._whole.incidence(table, which)
        if treatment and self._every:
            links = _plain(self._whole, table)
        if treatment:
            return _less(links, [self.pair])
        gone = [pair for pair in self._numbered(table) if not self._stays(table, *pair)]
        return _less(links, gone) if gone else links

    def _numbered(self, table: Table) -> Iterable[tuple[int, int]]:
        """The links of the indication's mechanisms in a table, in both directions where it has both."""
        relation, start, end = table
        stated = list(self._indication.links.get(table, ()))
        if load_schema().relations[relation].symmetric:
            turned = self._indication.links.get((relation, end, start), ())
            stated += [(second, first) for first, second in turned]
        for first, second in stated:
            numbers = self._whole.number(start, first), self._whole.number(end, second)
            if numbers[0] is not None and numbers[1] is not None:
                yield numbers[0], numbers[1]

    def _stays(self, table: Table, start: int, end: int) -> bool:
        if self._whole.mechanisms(table, start, end) - set(self._own.tolist()):
            return True
        plain = _plain(self._whole, table)
        ends = plain.indices[plain.indptr[start] : plain.indptr[start + 1]]
        return end in ends


@cache
def _tables(start: str, end: str) -> list[Table]:
    return [table for table in schema_tables() if table[1:] == (start, end) and table[0] not in _CARE]


_plain_treatments: WeakKeyDictionary[Adjacency, dict[Table, Incidence]] = WeakKeyDictionary()


def _plain(whole: Adjacency, table: Table) -> Incidence:
    """The links that no mechanism states; for treatments, that none states as well."""
    if table[0] != "TREATS":
        return whole.incidence(table, PLAIN)
    known = _plain_treatments.setdefault(whole, {})
    if table not in known:  # an adjacency keeps no plain ones of treatments
        links, stated = whole.incidence(table), np.unique(whole.mechanism_links(table)[0])
        gone = np.column_stack(np.divmod(stated, max(len(links.back_indptr) - 1, 1))).tolist()
        known[table] = _less(links, gone)
    return known[table]


def _less(links: Incidence, gone: Sequence[tuple[int, int]]) -> Incidence:
    """The links without some of them; absent ones are no error."""
    there, back = [], []
    rows, columns = [], []
    for start, end in gone:
        begin, past = links.indptr[start : start + 2].tolist()
        place = begin + int(np.searchsorted(links.indices[begin:past], end))
        if place >= past or links.indices[place] != end:
            continue
        begin, past = links.back_indptr[end : end + 2].tolist()
        there.append(place)
        back.append(begin + int(np.searchsorted(links.back_indices[begin:past], start)))
        rows.append(start)
        columns.append(end)
    if not there:
        return links
    return Incidence(
        _fewer(links.indptr, rows),
        np.delete(links.indices, there),
        _fewer(links.back_indptr, columns),
        np.delete(links.back_indices, back),
    )


def _fewer(pointers: NDArray[np.int64], at: list[int]) -> NDArray[np.int64]:
    """Pointers after one entry of each named row is gone."""
    taken = np.bincount(at, minlength=len(pointers) - 1)
    lower: NDArray[np.int64] = pointers - np.concatenate([np.zeros(1, np.int64), np.cumsum(taken)])
    return lower
