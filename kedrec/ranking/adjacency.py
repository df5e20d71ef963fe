"""The graph as sparse adjacency matrices, one per relation and pair of kinds.

Parallel edges of several sources count once. Nodes are numbered in the order of their ids, so that equal
graphs give equal matrices with any database engine.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.ranking.name_words import NAMED_KINDS, name_arrays, name_key
from kedrec.schema import load_schema

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from kedrec.common.array_file import Arrays
    from kedrec.common.progress import Progress
    from kedrec.schema import Role
    from kedrec.stores.base import GraphStore
    from kedrec.stores.templates import Hop, PathTemplate

__all__ = [
    "TREATS",
    "Adjacency",
    "Incidence",
    "Table",
    "compress_table",
    "read_adjacency",
    "relations_by_table",
    "table_of",
    "template_tables",
]

Table = tuple[str, str, str]
"""A relation, its start kind and its end kind."""

TREATS: Table = (load_schema().joining("treatment", "Drug", "Disease")[0], "Drug", "Disease")
"""The table that the ranking predicts: the links of every relation that states a treatment."""

_MERGED_ROLES: tuple[Role, ...] = ("treatment", "palliation", "side effect")

ALL, PLAIN = "all", "plain"
"""Every edge; or those that some source states beyond a curated mechanism. Curators write a mechanism down
because the drug treats the disease, so a score that predicts treatments must not see it."""


@dataclass(frozen=True, eq=False)
class Incidence:
    """One relation between two kinds as compressed sparse rows, in both directions.

    Attributes:
        indptr, indices: rows of start nodes; `indices[indptr[i]:indptr[i + 1]]` are the ends, ascending.
        back_indptr, back_indices: the same from the end nodes.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    back_indptr: NDArray[np.int64]
    back_indices: NDArray[np.int32]

    @cached_property
    def transposed(self) -> Incidence:
        """The same links with start and end exchanged."""
        return Incidence(self.back_indptr, self.back_indices, self.indptr, self.indices)

    @cached_property
    def mean_degree_of_linked(self) -> float:
        """The mean number of links of the start nodes, each weighted by its links; 0 without links."""
        degrees = self.degrees.astype(float)
        return float((degrees**2).sum() / max(degrees.sum(), 1))

    def row(self, start: int) -> NDArray[np.int32]:
        """Numbers of the ends that a start node is linked with, ascending."""
        return self.indices[self.indptr[start] : self.indptr[start + 1]]

    def back_row(self, end: int) -> NDArray[np.int32]:
        """Numbers of the starts that an end node is linked with, ascending."""
        return self.back_indices[self.back_indptr[end] : self.back_indptr[end + 1]]

    def degree(self, start: NDArray[np.signedinteger[Any]] | int) -> NDArray[np.int64]:
        """The number of links of one start node, or of each of some."""
        return np.asarray(self.indptr[start + 1] - self.indptr[start])

    def back_degree(self, end: NDArray[np.signedinteger[Any]] | int) -> NDArray[np.int64]:
        """The number of links of one end node, or of each of some."""
        return np.asarray(self.back_indptr[end + 1] - self.back_indptr[end])

    @property
    def degrees(self) -> NDArray[np.int64]:
        """The number of links of each start node."""
        return np.diff(self.indptr)

    @property
    def back_degrees(self) -> NDArray[np.int64]:
        """The number of links of each end node."""
        return np.diff(self.back_indptr)


class Adjacency:
    """The links of a graph, over arrays that may be memory-mapped from a file.

    Args:
        arrays: as `read_adjacency` returns them.
    """

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self._incidences: dict[tuple[Table, str], Incidence] = {}

    @property
    def arrays(self) -> Arrays:
        """The arrays that the links are read from, by name."""
        return self._arrays

    def has_table(self, table: Table) -> bool:
        """True if the graph was read along a table, even if that has no links."""
        return f"{ALL}/{'/'.join(table)}/indptr" in self._arrays or (table, ALL) in self._incidences

    def ids(self, kind: str) -> NDArray[np.bytes_]:
        """The ids of a kind's nodes in UTF-8, ascending: a node's number is its index."""
        return self._arrays[f"ids/{kind}"]

    def number(self, kind: str, id: str) -> int | None:  # noqa: A002  # the field's own name
        """The number of a node; None where the graph has no such node."""
        ids = self.ids(kind)
        key = id.encode()
        index = int(np.searchsorted(ids, np.bytes_(key))) if len(ids) else 0
        return index if index < len(ids) and bytes(ids[index]) == key else None

    def node_id(self, kind: str, number: int) -> str:
        """The id of a node by its number."""
        return bytes(self.ids(kind)[number]).decode()

    def incidence(self, table: Table, which: str = ALL) -> Incidence:
        """The links of one relation between two kinds, in the stored direction."""
        incidence = self._incidences.get((table, which))
        if incidence is None:
            key = f"{which}/{'/'.join(table)}"
            if f"{key}/indptr" not in self._arrays:  # no edge of these comes from a mechanism
                key = f"{ALL}/{'/'.join(table)}"
            parts = ("indptr", "indices", "back_indptr", "back_indices")
            incidence = Incidence(*(self._arrays[f"{key}/{part}"] for part in parts))
            self._incidences[table, which] = incidence
        return incidence

    def treats(self, drug: int, disease: int) -> bool:
        """True if a drug is known to treat a disease, both by number."""
        return self.has_table(TREATS) and disease in self.incidence(TREATS).row(drug)

    def with_links(self, links: Mapping[Table, Incidence]) -> Adjacency:
        """The same graph with other links in some tables, for `ALL` and for `PLAIN`."""
        copy = Adjacency(self._arrays)
        copy._incidences = self._incidences | {
            (table, which): incidence for table, incidence in links.items() for which in (ALL, PLAIN)
        }
        return copy

    def name_parts(self, kind: str) -> tuple[NDArray[np.int64], NDArray[np.int32]] | None:
        """The parts of the names of a kind's nodes as compressed sparse rows; None without any."""
        key = name_key(kind)
        if f"{key}/indptr" not in self._arrays:
            return None
        indptr, indices = self._arrays[f"{key}/indptr"], self._arrays[f"{key}/indices"]
        nameless = len(self.ids(kind)) + 1 - len(indptr)  # nodes that were added to the graph in memory
        return np.append(indptr, np.full(nameless, indptr[-1])) if nameless else indptr, indices

    def has_mechanisms(self, table: Table) -> bool:
        """True if any link of a relation is part of a curated mechanism."""
        return f"mechanisms/{'/'.join(table)}/links" in self._arrays

    def mechanisms(self, table: Table, start: int, end: int) -> set[int]:
        """Numbers of the curated mechanisms that a link is part of."""
        if not self.has_mechanisms(table):
            return set()
        key = f"mechanisms/{'/'.join(table)}"
        links, link = self._arrays[f"{key}/links"], start * max(len(self.ids(table[2])), 1) + end
        begin_position, end_position = np.searchsorted(links, [link, link + 1])
        return set(self._arrays[f"{key}/numbers"][begin_position:end_position].tolist())

    def mechanism_links(self, table: Table) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The links of a relation that are part of curated mechanisms, and the mechanisms' numbers.

        A link is `start * ends + end`, once for each of its mechanisms, ascending.
        """
        if not self.has_mechanisms(table):
            return np.zeros(0, np.int64), np.zeros(0, np.int32)
        key = f"mechanisms/{'/'.join(table)}"
        return self._arrays[f"{key}/links"], self._arrays[f"{key}/numbers"]

    def hop_incidence(self, hop: Hop, start_kind: str, which: str = ALL) -> Incidence:
        """The links of one hop of a metapath, from the kind it leaves to the kind it reaches."""
        if hop.forward:
            return self.incidence((hop.relation, start_kind, hop.kind), which)
        return self.incidence((hop.relation, hop.kind, start_kind), which).transposed


def table_of(relation: str, start: str, end: str) -> Table:
    """The table that a relation's links between two kinds are part of.

    Treatments are one table, whatever relation states them, since they are hidden together; so are
    palliations and side effects. It is named after the first of the relations in the schema.
    """
    role = load_schema().relations[relation].role
    if role in _MERGED_ROLES:
        relation = next(iter(load_schema().joining(role, start, end)), relation)
    return (relation, start, end)


def template_tables(templates: Iterable[PathTemplate]) -> list[Table]:
    """The tables along the templates' metapaths, sorted, without repeats."""
    tables = {TREATS}
    for template in templates:
        kind = "Drug"
        for hop in template.hops:
            ends = (kind, hop.kind) if hop.forward else (hop.kind, kind)
            tables.add((hop.relation, *ends))
            kind = hop.kind
    return sorted(tables)


def read_adjacency(
    store: GraphStore,
    tables: Iterable[Table],
    progress: Progress | None = None,
    without: Collection[str] = (),
) -> dict[str, NDArray[Any]]:
    """Reads the arrays of an `Adjacency` from a store, streaming its edges.

    A relation whose links are part of another's table (see `table_of`) has a table of its own besides, for
    templates that follow it.

    Args:
        store: the graph.
        tables: the tables to read.
        progress: called table by table.
        without: sources whose edges are left out, except the treatments that the ranking predicts.
    """
    import pyarrow as pa

    by_table = relations_by_table(tables)
    arrays: dict[str, NDArray[Any]] = {}
    ids_by_kind: dict[str, pa.Array] = {}
    for kind in sorted({kind for _, start, end in by_table for kind in (start, end)}):
        is_named = kind in NAMED_KINDS
        nodes = store.nodes(kind, ["id", "name", "synonyms"] if is_named else ["id"])
        encoded = np.array([id_.encode() for id_ in nodes["id"].to_pylist()], dtype=bytes)
        order = np.argsort(encoded)
        ids = arrays[f"ids/{kind}"] = encoded[order]
        if is_named:
            names, synonyms = nodes["name"].to_pylist(), nodes["synonyms"].to_pylist()
            arrays |= name_arrays(kind, ((names[row], synonyms[row]) for row in order.tolist()))
        ids_by_kind[kind] = pa.array([id_.decode() for id_ in ids.tolist()], pa.string())
    mechanisms: dict[str, int] = {}
    relation_sources = store.fingerprint().edges
    present = {relation for relation, _ in relation_sources}
    remaining = sorted({source for _, source in relation_sources} - set(without)) if without else None
    for done, (table, relations) in enumerate(by_table.items()):
        if progress is not None:
            progress("Reading the graph", done, len(by_table))
        orientations = [
            (relation, *orientation)
            for relation in relations
            if relation in present
            for orientation in _orientations(relation, *table[1:])
        ]
        sources = None if table == TREATS else remaining
        arrays.update(_read_table(store, table, orientations, ids_by_kind, mechanisms, sources=sources))
    return arrays


def relations_by_table(tables: Iterable[Table]) -> dict[Table, tuple[str, ...]]:
    """The relations whose links each table has, and a table of its own for each that isn't named like it."""
    schema = load_schema()
    by_table: dict[Table, tuple[str, ...]] = {}
    for table in tables:
        relation, start, end = table
        role = schema.relations[relation].role
        names = schema.joining(role, start, end) if role in _MERGED_ROLES else ()
        if table_of(*table) != table or relation not in names:
            names = (relation,)
        by_table[table] = names
        by_table |= {(name, start, end): (name,) for name in names if name != relation}
    return by_table


def _read_table(
    store: GraphStore,
    table: Table,
    orientations: Iterable[tuple[str, str, str, bool]],
    ids_by_kind: dict[str, pa.Array],
    mechanisms: dict[str, int],
    *,
    sources: Sequence[str] | None,
) -> dict[str, NDArray[Any]]:
    """The arrays of one table.

    Args:
        store: the graph.
        table: what to read.
        orientations: relations whose links it has, each with an item of `_orientations`.
        ids_by_kind: the ids of each kind's nodes, ascending.
        mechanisms: numbers of the curated mechanisms by id; new ones are added.
        sources: the sources whose edges are read; None: all.
    """
    import pyarrow.compute as pc

    _, start, end = table
    shape = (len(ids_by_kind[start]), len(ids_by_kind[end]))
    rows, columns, plain_parts = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, bool)]
    curated: list[tuple[int, int]] = []
    for relation, stored_start, stored_end, is_reversed in orientations:
        for batch in store.edges(relation, stored_start, stored_end, ["start", "end", "mechanisms"], sources):
            ends = [
                pc.index_in(batch.column(column), value_set=ids_by_kind[kind]).to_numpy(zero_copy_only=False)
                for column, kind in enumerate((stored_start, stored_end))
            ]
            first, second = reversed(ends) if is_reversed else ends
            distinct = (first != second) | (start != end)  # a path never goes from a node to itself
            rows.append(first[distinct].astype(np.int64))
            columns.append(second[distinct].astype(np.int64))
            mechanism_ids = batch.column(2)
            counts = pc.fill_null(pc.list_value_length(mechanism_ids), 0).to_numpy(zero_copy_only=False)
            plain_parts.append(counts[distinct] == 0)
            for row in np.flatnonzero((counts > 0) & distinct).tolist():
                link = int(first[row]) * max(shape[1], 1) + int(second[row])
                curated += [
                    (link, mechanisms.setdefault(id_, len(mechanisms))) for id_ in mechanism_ids[row].as_py()
                ]
    start_numbers, end_numbers, plain = (np.concatenate(parts) for parts in (rows, columns, plain_parts))
    key = "/".join(table)
    arrays = _compressed_links(f"{ALL}/{key}", start_numbers, end_numbers, shape)
    if load_schema().relations[table[0]].role != "treatment" and not plain.all():
        arrays.update(_compressed_links(f"{PLAIN}/{key}", start_numbers[plain], end_numbers[plain], shape))
    if curated:
        links = np.array(sorted(set(curated)), np.int64)
        arrays[f"mechanisms/{key}/links"] = links[:, 0].copy()
        arrays[f"mechanisms/{key}/numbers"] = links[:, 1].astype(np.int32)
    return arrays


def _orientations(relation: str, start: str, end: str) -> list[tuple[str, str, bool]]:
    """The pairs of kinds that a table's links are stored between, and whether to exchange the ends."""
    schema_relation = load_schema().relations[relation]
    orientations = [(start, end, False)] if (start, end) in schema_relation.pairs else []
    if schema_relation.symmetric and (end, start) in schema_relation.pairs:
        orientations.append((end, start, True))
    return orientations


def compress_table(
    table: Table, starts: NDArray[np.int64], ends: NDArray[np.int64], shape: tuple[int, int]
) -> dict[str, NDArray[Any]]:
    """The arrays of a table's links, as `read_adjacency` makes them of a store's.

    Args:
        table: the table.
        starts, ends: numbers of the nodes of each link; repeated links count once.
        shape: numbers of nodes of the start kind and of the end kind.
    """
    return _compressed_links(f"{ALL}/{'/'.join(table)}", starts, ends, shape)


def _compressed_links(
    key: str, rows: NDArray[np.int64], columns: NDArray[np.int64], shape: tuple[int, int]
) -> dict[str, NDArray[Any]]:
    """Compressed sparse rows and columns of the links, without repeats."""
    links = np.unique(rows * max(shape[1], 1) + columns)
    rows, columns = np.divmod(links, max(shape[1], 1))
    by_column = np.lexsort((rows, columns))
    return {
        f"{key}/indptr": _pointers(rows, shape[0]),
        f"{key}/indices": columns.astype(np.int32),
        f"{key}/back_indptr": _pointers(columns, shape[1]),
        f"{key}/back_indices": rows[by_column].astype(np.int32),
    }


def _pointers(numbers: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Row pointers of compressed rows: for each number below `length`, how many are lower; then all."""
    counts = np.bincount(numbers, minlength=length)
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
