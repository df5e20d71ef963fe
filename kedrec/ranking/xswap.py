"""Permutes graphs: every node keeps its degree in every relation, its neighbours are random.

XSwap (Hanhijärvi et al. 2009, doi:10.1137/1.9781611972795.67; for hetnets Himmelstein et al. 2023,
doi:10.1093/gigascience/giad047, and Zietz et al. 2024, doi:10.1093/gigascience/giae001): two links a-b and
c-d become a-d and c-b, unless that duplicates a link or links a node with itself. Here a round pairs all of a
relation's links at random and performs all non-conflicting swaps of the round at once.
"""

from __future__ import annotations

import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np

from kedrec.ranking.adjacency import PLAIN, Incidence
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from numpy.random import Generator
    from numpy.typing import NDArray

    from kedrec.ranking.adjacency import Adjacency, Table
    from kedrec.ranking.metapaths import Metapath

__all__ = ["ATTEMPTS", "compress_links", "metapath_tables", "permute_incidence", "permuted_graphs"]

ATTEMPTS = 10
"""Attempted swaps per link, as in Himmelstein et al. 2023."""

_IDLE_SHARE = 0.1  # of pairs that skip a round, lest a relation of two links only swap back and forth
_BURN_IN = 3  # times as many attempts before the first graph: dense relations mix slowly


@dataclass(frozen=True, slots=True)
class _Links:
    """One relation's links, each once, and the invariants of a swap.

    Attributes:
        starts, ends: node numbers; in an undirected relation the start is the lesser.
        shape: numbers of nodes of the start kind and of the end kind.
        alike: whether both ends are of one kind.
        undirected: whether both ends are of one kind and a link has no direction.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    shape: tuple[int, int]
    alike: bool
    undirected: bool


def permuted_graphs(
    adjacency: Adjacency, tables: Collection[Table], seed: int, attempts: int = ATTEMPTS, threads: int = 1
) -> Iterator[Adjacency]:
    """Yields permuted graphs without end; each is a further permutation of the previous one.

    Links that only a curated mechanism states are excluded, as from the counts. A symmetric relation between
    two kinds stays the same in both directions.

    Args:
        adjacency: the graph.
        tables: those to permute; the others stay unchanged.
        seed: equal seeds and graphs give equal permutations, whatever other tables there are.
        attempts: attempted swaps per link from one graph to the next; thrice as many before the first.
        threads: maximum number of relations permuted at once.
    """
    symmetric = {name for name, relation in load_schema().relations.items() if relation.symmetric}
    links: dict[Table, _Links] = {}
    generators: dict[Table, Generator] = {}
    for relation, start, end in sorted(tables):
        undirected = relation in symmetric
        if undirected and (relation, end, start) in links:
            continue  # the same links from the other end
        table = (relation, start, end)
        links[table] = _links(adjacency.incidence(table, PLAIN), alike=start == end, undirected=undirected)
        generators[table] = np.random.default_rng([seed, zlib.crc32("/".join(table).encode())])
    largest = sorted(links, key=lambda table: -len(links[table].starts))
    current_attempts = _BURN_IN * attempts
    while True:
        with ThreadPoolExecutor(max(threads, 1)) as pool:
            current = [links[table] for table in largest]
            draws = [generators[table] for table in largest]
            permutations = pool.map(_swap_rounds, current, draws, repeat(current_attempts))
            links = dict(zip(largest, permutations, strict=True))
        incidences: dict[Table, Incidence] = {}
        for table, permuted_links in links.items():
            incidences[table] = _incidence(permuted_links)
            relation, start, end = table
            if relation in symmetric and start != end:
                incidences[relation, end, start] = incidences[table].transposed
        yield adjacency.with_links(incidences)
        current_attempts = attempts


def permute_incidence(
    incidence: Incidence,
    draw: Generator,
    *,
    same_kind: bool = False,
    undirected: bool = False,
    attempts: int = ATTEMPTS,
) -> Incidence:
    """Permutes one relation's links: every degree at both ends is unchanged, and no link is duplicated.

    The chain of rounds is symmetric, so that its limit is uniform over the graphs that swaps can reach: for
    links between two kinds and undirected ones all graphs of these degrees. Few swaps or none are possible in
    a relation of a few links, or one that links nearly everything.

    Args:
        incidence: the links.
        draw: the random generator.
        same_kind: whether both ends are of one kind: no node is linked with itself.
        undirected: whether both ends are of one kind, with each link in both directions.
        attempts: attempted swaps per link.
    """
    return _incidence(
        _swap_rounds(_links(incidence, alike=same_kind or undirected, undirected=undirected), draw, attempts)
    )


def metapath_tables(paths: Iterable[Metapath]) -> list[Table]:
    """The tables along some metapaths, sorted, without repeats."""
    tables: set[Table] = set()
    for path in paths:
        kind = "Drug"
        for hop in path:
            ends = (kind, hop.kind) if hop.forward else (hop.kind, kind)
            tables.add((hop.relation, *ends))
            kind = hop.kind
    return sorted(tables)


def compress_links(starts: NDArray[np.int64], ends: NDArray[np.int64], shape: tuple[int, int]) -> Incidence:
    """Compresses links without duplicates to an `Incidence`."""

    def compressed_rows(
        rows: NDArray[np.int64], columns: NDArray[np.int64], length: int, width: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        keys = np.sort(rows * max(width, 1) + columns)
        counts = np.bincount(rows, minlength=length)
        indptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        return indptr, (keys % max(width, 1)).astype(np.int32)

    return Incidence(*compressed_rows(starts, ends, *shape), *compressed_rows(ends, starts, *shape[::-1]))


def _links(incidence: Incidence, *, alike: bool, undirected: bool) -> _Links:
    shape = (len(incidence.degrees), len(incidence.back_degrees))
    starts = np.repeat(np.arange(shape[0]), incidence.degrees)
    ends = incidence.indices.astype(np.int64)
    undirected = undirected and alike
    if undirected:
        ascending = starts < ends
        starts, ends = starts[ascending], ends[ascending]
    return _Links(starts, ends, shape, alike, undirected)


def _incidence(links: _Links) -> Incidence:
    if not links.undirected:
        return compress_links(links.starts, links.ends, links.shape)
    starts, ends = np.concatenate([links.starts, links.ends]), np.concatenate([links.ends, links.starts])
    return compress_links(starts, ends, links.shape)


def _swap_rounds(links: _Links, draw: Generator, attempts: int) -> _Links:
    """The links after `2 * attempts` rounds; in each round every link but an odd last one is in one pair."""
    starts, ends = links.starts.copy(), links.ends.copy()
    half = len(starts) // 2
    for _ in range(2 * attempts if half else 0):
        order = draw.permutation(len(starts))
        first, second = order[:half], order[half : 2 * half]
        a, b, c, d = starts[first], ends[first], starts[second], ends[second]
        if links.undirected:  # either end may be the one to swap
            exchanged = draw.random(half) < 0.5
            c, d = np.where(exchanged, d, c), np.where(exchanged, c, d)
        swap = _non_conflicting(links, order, (starts, ends), (a, d, c, b)) & (
            draw.random(half) >= _IDLE_SHARE
        )
        for indices, pair in ((first, (a, d)), (second, (c, b))):
            start, end = _ordered(*pair) if links.undirected else pair
            starts[indices[swap]], ends[indices[swap]] = start[swap], end[swap]
    return _Links(starts, ends, links.shape, links.alike, links.undirected)


def _non_conflicting(
    links: _Links,
    order: NDArray[np.int64],
    current: tuple[NDArray[np.int64], NDArray[np.int64]],
    swapped: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
) -> NDArray[np.bool_]:
    """Mask of the pairs that may swap: none of a pair's links, old or new, is among another pair's links.

    A pair doesn't swap even where only its old link conflicts with another pair: thus the same pairs could
    swap back with the same probability, which makes the chain symmetric and its limit uniform.

    Args:
        links: the relation.
        order: the links by number: the pairs' first, the pairs' second, and an odd last one or none.
        current: starts and ends of all links.
        swapped: the pairs' new links: starts and ends of the first, starts and ends of the second.
    """
    half = len(order) // 2
    pairs = np.arange(half)
    width = max(links.shape[1], 1)

    def key(start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
        start, end = _ordered(start, end) if links.undirected else (start, end)
        return start * width + end

    a, d, c, b = swapped
    keys = np.concatenate([(current[0] * width + current[1])[order], key(a, d), key(c, b)])
    owners = np.concatenate([pairs, pairs, np.full(len(order) - 2 * half, half), pairs, pairs])
    bits = half.bit_length()
    if (links.shape[0] * width).bit_length() + bits > 63:
        raise ValueError(f"{links.shape[0]} x {width} nodes are too many to permute the links of")
    packed = np.sort(keys << bits | owners)  # twice as fast as sorting indices
    keys, owners = packed >> bits, packed & ((1 << bits) - 1)
    duplicates = np.flatnonzero(keys[1:] == keys[:-1])
    swap = np.ones(half + 1, bool)
    swap[owners[duplicates]] = swap[owners[duplicates + 1]] = False
    swap = swap[:half]
    if links.alike:
        swap &= (a != d) & (c != b)
    return swap


def _ordered(
    starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.minimum(starts, ends), np.maximum(starts, ends)
