"""Who is linked to whom, by relation and kinds: the graph as sparse matrices.

Parallel edges of several sources count once. Nodes are numbered by the order of their ids, so that equal
graphs give equal matrices whatever the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.schema import load_schema

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from kedrec.common.array_file import Arrays
    from kedrec.common.progress import Progress
    from kedrec.stores.base import GraphStore
    from kedrec.stores.templates import Hop, PathTemplate

__all__ = ["TREATS", "Adjacency", "Incidence", "Table", "read_adjacency", "tables_of"]

Table = tuple[str, str, str]
"""A relation, its start kind and its end kind."""

TREATS: Table = ("TREATS", "Drug", "Disease")
"""What is to be found out."""

ALL, PLAIN = "all", "plain"
"""Every edge; or those that some source states beyond a curated mechanism. Curators write a mechanism down
because the drug treats the disease, so a score that is to find treatments must not see it."""


@dataclass(frozen=True, slots=True)
class Incidence:
    """One relation between two kinds as compressed sparse rows, seen from both ends.

    Attributes:
        indptr, indices: rows of start nodes; `indices[indptr[i]:indptr[i + 1]]` are the ends, ascending.
        back_indptr, back_indices: the same from the end nodes.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    back_indptr: NDArray[np.int64]
    back_indices: NDArray[np.int32]

    def reversed(self) -> Incidence:
        """The same links seen from the other end."""
        return Incidence(self.back_indptr, self.back_indices, self.indptr, self.indices)

    @property
    def degrees(self) -> NDArray[np.int64]:
        """Links of each start node."""
        return np.diff(self.indptr)

    @property
    def back_degrees(self) -> NDArray[np.int64]:
        """Links of each end node."""
        return np.diff(self.back_indptr)


class Adjacency:
    """The links of a graph, over arrays that may lie in a file.

    Args:
        arrays: as `read_adjacency` makes them.
    """

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self._incidences: dict[tuple[Table, str], Incidence] = {}

    def has(self, table: Table) -> bool:
        """Whether the graph was read along a table, linked or not."""
        return f"{ALL}/{'/'.join(table)}/indptr" in self._arrays or (table, ALL) in self._incidences

    def ids(self, kind: str) -> NDArray[np.bytes_]:
        """The ids of a kind's nodes in UTF-8, ascending: a node's number is its place."""
        return self._arrays[f"ids/{kind}"]

    def number(self, kind: str, id: str) -> int | None:  # noqa: A002  # the field's own name
        """The number of a node; None where the graph has no such node."""
        ids = self.ids(kind)
        key = id.encode()
        place = int(np.searchsorted(ids, np.bytes_(key))) if len(ids) else 0
        return place if place < len(ids) and bytes(ids[place]) == key else None

    def name(self, kind: str, number: int) -> str:
        """The id of a node by its number."""
        return bytes(self.ids(kind)[number]).decode()

    def incidence(self, table: Table, which: str = ALL) -> Incidence:
        """The links of one relation between two kinds, in the stored direction."""
        found = self._incidences.get((table, which))
        if found is None:
            key = f"{which}/{'/'.join(table)}"
            if f"{key}/indptr" not in self._arrays:  # no edge of these comes from a mechanism
                key = f"{ALL}/{'/'.join(table)}"
            parts = ("indptr", "indices", "back_indptr", "back_indices")
            found = Incidence(*(self._arrays[f"{key}/{part}"] for part in parts))
            self._incidences[table, which] = found
        return found

    def replaced(self, links: Mapping[Table, Incidence]) -> Adjacency:
        """The same graph with other links in some tables, whichever way they are asked for."""
        other = Adjacency(self._arrays)
        other._incidences = self._incidences | {
            (table, which): found for table, found in links.items() for which in (ALL, PLAIN)
        }
        return other

    def has_mechanisms(self, table: Table) -> bool:
        """Whether any link of a relation is part of a curated mechanism."""
        return f"mechanisms/{'/'.join(table)}/links" in self._arrays

    def mechanisms(self, table: Table, start: int, end: int) -> set[int]:
        """Numbers of the curated mechanisms that a link is part of."""
        if not self.has_mechanisms(table):
            return set()
        key = f"mechanisms/{'/'.join(table)}"
        links, link = self._arrays[f"{key}/links"], start * max(len(self.ids(table[2])), 1) + end
        begin, past = np.searchsorted(links, [link, link + 1])
        return set(self._arrays[f"{key}/numbers"][begin:past].tolist())

    def mechanism_links(self, table: Table) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The links of a relation that are part of curated mechanisms, and the mechanisms' numbers.

        A link is `start * ends + end`, once for each of its mechanisms, ascending.
        """
        if not self.has_mechanisms(table):
            return np.zeros(0, np.int64), np.zeros(0, np.int32)
        key = f"mechanisms/{'/'.join(table)}"
        return self._arrays[f"{key}/links"], self._arrays[f"{key}/numbers"]

    def along(self, hop: Hop, start_kind: str, which: str = ALL) -> Incidence:
        """The links of one hop of a metapath, from the kind it leaves to the kind it reaches."""
        if hop.forward:
            return self.incidence((hop.relation, start_kind, hop.kind), which)
        return self.incidence((hop.relation, hop.kind, start_kind), which).reversed()


def tables_of(templates: Iterable[PathTemplate]) -> list[Table]:
    """The tables that the templates' metapaths go through, sorted, without repeats."""
    found = {TREATS}
    for template in templates:
        kind = "Drug"
        for hop in template.hops:
            ends = (kind, hop.kind) if hop.forward else (hop.kind, kind)
            found.add((hop.relation, *ends))
            kind = hop.kind
    return sorted(found)


def read_adjacency(
    store: GraphStore, tables: Iterable[Table], progress: Progress | None = None
) -> dict[str, NDArray[Any]]:
    """The arrays of an `Adjacency`, streamed from a store."""
    import pyarrow as pa

    tables = list(tables)
    arrays: dict[str, NDArray[Any]] = {}
    numbered: dict[str, pa.Array] = {}
    for kind in sorted({kind for _, start, end in tables for kind in (start, end)}):
        ids = np.sort(
            np.array([i.encode() for i in store.nodes(kind, ["id"])["id"].to_pylist()], dtype=bytes)
        )
        arrays[f"ids/{kind}"] = ids
        numbered[kind] = pa.array([i.decode() for i in ids.tolist()], pa.string())
    mechanisms: dict[str, int] = {}
    present = {relation for relation, _ in store.fingerprint().edges}
    for done, table in enumerate(tables):
        if progress is not None:
            progress("Reading the graph", done, len(tables))
        places = _stored(*table) if table[0] in present else []
        arrays.update(_read_table(store, table, places, numbered, mechanisms))
    return arrays


def _read_table(
    store: GraphStore,
    table: Table,
    places: Iterable[tuple[str, str, bool]],
    numbered: dict[str, pa.Array],
    mechanisms: dict[str, int],
) -> dict[str, NDArray[Any]]:
    """The arrays of one table from where it is stored; `mechanisms` numbers the curated ones as they come."""
    import pyarrow.compute as pc

    relation, start, end = table
    shape = (len(numbered[start]), len(numbered[end]))
    rows, columns, stated = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, bool)]
    curated: list[tuple[int, int]] = []
    for here, there, flip in places:
        for batch in store.edges(relation, here, there, ["start", "end", "mechanisms"]):
            ends = [
                pc.index_in(batch.column(place), value_set=numbered[kind]).to_numpy(zero_copy_only=False)
                for place, kind in enumerate((here, there))
            ]
            first, second = reversed(ends) if flip else ends
            apart = (first != second) | (start != end)  # a path never stays where it is
            rows.append(first[apart].astype(np.int64))
            columns.append(second[apart].astype(np.int64))
            named = batch.column(2)
            counts = pc.fill_null(pc.list_value_length(named), 0).to_numpy(zero_copy_only=False)
            stated.append(counts[apart] == 0)
            for place in np.flatnonzero((counts > 0) & apart).tolist():
                link = int(first[place]) * max(shape[1], 1) + int(second[place])
                curated += [
                    (link, mechanisms.setdefault(name, len(mechanisms))) for name in named[place].as_py()
                ]
    start_numbers, end_numbers, plain = (np.concatenate(parts) for parts in (rows, columns, stated))
    key = "/".join(table)
    arrays = _compressed(f"{ALL}/{key}", start_numbers, end_numbers, shape)
    if relation != "TREATS" and not plain.all():
        arrays.update(_compressed(f"{PLAIN}/{key}", start_numbers[plain], end_numbers[plain], shape))
    if curated:
        links = np.array(sorted(set(curated)), np.int64)
        arrays[f"mechanisms/{key}/links"] = links[:, 0].copy()
        arrays[f"mechanisms/{key}/numbers"] = links[:, 1].astype(np.int32)
    return arrays


def _stored(relation: str, start: str, end: str) -> list[tuple[str, str, bool]]:
    """Where the links between two kinds are stored, and whether each is to be turned round."""
    known = load_schema().relations[relation]
    places = [(start, end, False)] if (start, end) in known.pairs else []
    if known.symmetric and (end, start) in known.pairs:
        places.append((end, start, True))
    return places


def _compressed(
    key: str, rows: NDArray[np.int64], columns: NDArray[np.int64], shape: tuple[int, int]
) -> dict[str, NDArray[Any]]:
    """Compressed rows and columns of the links, each once."""
    links = np.unique(rows * max(shape[1], 1) + columns)
    rows, columns = np.divmod(links, max(shape[1], 1))
    turned = np.lexsort((rows, columns))
    return {
        f"{key}/indptr": _pointers(rows, shape[0]),
        f"{key}/indices": columns.astype(np.int32),
        f"{key}/back_indptr": _pointers(columns, shape[1]),
        f"{key}/back_indices": rows[turned].astype(np.int32),
    }


def _pointers(sorted_or_not: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    counts = np.bincount(sorted_or_not, minlength=length)
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
