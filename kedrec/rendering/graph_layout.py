"""Lays out the graph between a drug and a disease in layers, from left to right (Sugiyama's method).

A link over several layers passes between their nodes by way of points of its own. The order within a layer
is that of the mean position of the neighbours, improved from both sides in turn.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Layout", "lay_out", "layers_of_links", "layers_of_paths"]

_SWEEPS = 8

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions in a grid.

    Attributes:
        positions: layer (from 0) and row (from 0, fractions between) of each node.
        routes: the positions that each pair of linked nodes is drawn along, from left to right.
        layers: number of layers.
        rows: number of rows of the tallest layer.
    """

    positions: Mapping[str, tuple[int, float]]
    routes: Mapping[Pair, tuple[tuple[int, float], ...]]
    layers: int
    rows: int


def layers_of_paths(paths: Iterable[Sequence[str]]) -> dict[str, int]:
    """The layer of each node of some paths from one node to another: its last place on any of them.

    The first node is in the first layer and the last node alone in the last.
    """
    sequences = [tuple(path) for path in paths]
    last = max((len(path) - 1 for path in sequences), default=0)
    layers: dict[str, int] = {}
    for path in sequences:
        for place, node in enumerate(path[1:-1], 1):
            layers[node] = max(layers.get(node, 0), place)
    for path in sequences:
        layers |= {path[0]: 0, path[-1]: last}
    return layers


def layers_of_links(start: str, end: str, nodes: Iterable[str], links: Iterable[Pair]) -> dict[str, int]:
    """The layer of each node by its distance from the first one; the end is alone in the last layer."""
    neighbours = defaultdict(set)
    for left, right in links:
        neighbours[left].add(right)
        neighbours[right].add(left)
    layers, queue = {start: 0}, deque([start])
    while queue:
        node = queue.popleft()
        if node != end or node == start:
            for other in sorted(neighbours[node] - layers.keys()):
                layers[other] = layers[node] + 1
                queue.append(other)
    for node in nodes:
        layers.setdefault(node, 1)
    if end != start:
        layers[end] = 1 + max((layer for node, layer in layers.items() if node != end), default=0)
    return layers


def lay_out(layers: Mapping[str, int], links: Iterable[Pair]) -> Layout:
    """Positions of nodes and links.

    Args:
        layers: layer of each node, in the order in which nodes of a layer begin.
        links: pairs of linked nodes, each once whatever its direction.
    """
    columns: dict[int, list[object]] = defaultdict(list)
    for node, layer in layers.items():
        columns[layer].append(node)
    chains: dict[Pair, list[object]] = {}
    neighbours: dict[object, list[object]] = defaultdict(list)
    layer_of: dict[object, int] = dict(layers.items())
    for first, second in dict.fromkeys(links):
        left, right = (first, second) if layers[first] <= layers[second] else (second, first)
        bends: list[object] = [(left, right, layer) for layer in range(layers[left] + 1, layers[right])]
        for bend, layer in zip(bends, range(layers[left] + 1, layers[right]), strict=True):
            if bend not in layer_of:
                columns[layer].append(bend)
                layer_of[bend] = layer
        chain: list[object] = [left, *bends, right]
        chains[first, second] = chain
        for here, there in pairwise(chain):
            neighbours[here].append(there)
            neighbours[there].append(here)
    _order(columns, layer_of, neighbours)
    rows = max((len(column) for column in columns.values()), default=0)
    position: dict[object, tuple[int, float]] = {}
    for layer, column in columns.items():
        shift = (rows - len(column)) / 2
        position |= {item: (layer, row + shift) for row, item in enumerate(column)}
    return Layout(
        positions={node: position[node] for node in layers},
        routes={pair: tuple(position[item] for item in chain) for pair, chain in chains.items()},
        layers=max(columns, default=-1) + 1,
        rows=rows,
    )


def _order(
    columns: dict[int, list[object]],
    layer_of: Mapping[object, int],
    neighbours: Mapping[object, Sequence[object]],
) -> None:
    """Sorts each column by the mean row of its neighbours on one side, then on the other, several times."""
    for sweep in range(_SWEEPS):
        step = 1 if sweep % 2 else -1
        row = {
            item: index - len(column) / 2 for column in columns.values() for index, item in enumerate(column)
        }
        for layer in sorted(columns, reverse=step > 0):
            column = columns[layer]
            means = {}
            for item in column:
                beside = [
                    row[other] for other in neighbours.get(item, ()) if (layer_of[other] - layer) * step > 0
                ]
                means[item] = sum(beside) / len(beside) if beside else row[item]
            column.sort(key=means.__getitem__)
            row |= {item: index - len(column) / 2 for index, item in enumerate(column)}
