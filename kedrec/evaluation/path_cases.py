"""The indications whose curated mechanism is looked for, with the paths of each that compete.

Every indication that DrugMechDB explains is asked for with its own treatment hidden, and its mechanisms
with it; whoever ranks the pair's paths has not seen them. Two settings differ in what else is hidden:

- `all hidden`: no link is left that only curated mechanisms state.
- `own hidden`: other indications' mechanisms are knowledge that may be used.

A path matches the curated mechanism by one of three definitions:

- `exact`: between drug and disease it has the nodes of one curated path, all of them, in order.
- `nodes`: every node between is one of the mechanism's; at least two are, or one where the curated paths
  have no more.
- `3 hops`: the same, of paths of at most three hops, which compete among themselves: how KGML-xDTD counts
  (Ma et al., GigaScience 2023;12:giad057).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.evidence.chains import LONGEST, Mechanisms
from kedrec.evidence.mechanisms import Without, read_indications
from kedrec.evidence.path_features import PairFacts, facts_of, pool_of
from kedrec.ranking.adjacency import Adjacency, read_adjacency
from kedrec.ranking.metapaths import schema_tables
from kedrec.stores.templates import path_templates

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from kedrec.common.progress import Progress
    from kedrec.evidence.mechanisms import Indication, Node
    from kedrec.evidence.path_features import Pool
    from kedrec.ranking.adjacency import Table
    from kedrec.stores.base import GraphStore
    from kedrec.stores.templates import PathTemplate

__all__ = ["DEFINITIONS", "SETTINGS", "Case", "cases_of", "supporting"]

SETTINGS = ("all hidden", "own hidden")
DEFINITIONS = ("exact", "nodes", "3 hops")

_MOST = 200  # paths of a template that compete, the heaviest
_KGML_HOPS = 3


@dataclass(frozen=True, slots=True)
class Case:
    """One indication in one setting.

    Attributes:
        indication: what curators wrote down.
        setting: one of `SETTINGS`.
        pool: the paths that compete.
        matching: definition -> which of them match.
        reachable: definition -> whether any path of the graph matches, along whatever relations.
        sequences: the nodes between, of each path.
    """

    indication: Indication
    setting: str
    pool: Pool
    matching: dict[str, NDArray[np.bool_]]
    reachable: dict[str, bool]
    sequences: list[tuple[Node, ...]]

    @property
    def short(self) -> NDArray[np.bool_]:
        """Which paths have at most three hops."""
        return np.array([len(path) < _KGML_HOPS for path in self.sequences], bool)


def cases_of(store: GraphStore, *, most: int = _MOST, progress: Progress | None = None) -> list[Case]:
    """Every indication in every setting where the graph, as far as it isn't hidden, knows both ends.

    Args:
        store: a graph that DrugMechDB was loaded into.
        most: paths of one template that compete, the heaviest.
        progress: called as the work goes on.
    """
    whole = Adjacency(read_adjacency(store, schema_tables(), progress))
    indications = read_indications(store, progress)
    templates = supporting()
    facts, mechanisms = _facts(store), Mechanisms(whole)
    cases = []
    for setting in SETTINGS:
        for done, indication in enumerate(indications):
            if progress is not None:
                progress(f"Looking for paths, {setting}", done, len(indications))
            view = Without(whole, indication, every=setting == "all hidden")
            if not all(
                _linked(view, kind, number)
                for kind, number in zip(("Drug", "Disease"), view.pair, strict=True)
            ):
                continue
            pool = pool_of(view, mechanisms, templates, facts(indication), view.pair, most=most)
            cases.append(_case(indication, setting, view, pool))
    return cases


def supporting() -> list[PathTemplate]:
    """The templates along which mechanisms are looked for."""
    return [template for template in path_templates() if template.stance == "supports"]


def _facts(store: GraphStore) -> Callable[[Indication], PairFacts]:
    """The facts of a pair that other sources than curated mechanisms state."""
    rows: list[dict[str, list[dict[str, Any]]]] = []
    for relation, start in (("BINDS", "Drug"), ("ASSOCIATED_WITH", "Disease")):
        of: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for batch in store.edges(
            relation, start, "Gene", ["start", "end", "evidence", "action", "mechanisms"]
        ):
            for edge in batch.to_pylist():
                if not edge["mechanisms"]:
                    of[edge["start"]].append({"end_id": edge["end"], "edge": edge})
        rows.append(of)
    binds, associated = rows
    return lambda one: facts_of(binds.get(one.drug, ()), associated.get(one.disease, ()))


@cache
def _tables_at(kind: str) -> list[Table]:
    return [table for table in schema_tables() if kind in table[1:]]


def _linked(view: Without, kind: str, number: int) -> bool:
    """Whether any link is left at a node."""
    for table in _tables_at(kind):
        if view.has(table):
            links = view.incidence(table)
            if table[1] == kind and links.indptr[number + 1] > links.indptr[number]:
                return True
            if table[2] == kind and links.back_indptr[number + 1] > links.back_indptr[number]:
                return True
    return False


def _case(indication: Indication, setting: str, view: Without, pool: Pool) -> Case:
    sequences = [
        tuple(zip(pool.shapes[pool.shape[path]], pool.ids(view, path), strict=True))
        for path in range(len(pool))
    ]
    nodes = np.array([indication.matches(path) for path in sequences], bool)
    short = np.array([len(path) < _KGML_HOPS for path in sequences], bool)
    return Case(
        indication,
        setting,
        pool,
        {
            "exact": np.array([path in indication.paths for path in sequences], bool),
            "nodes": nodes,
            "3 hops": nodes & short,
        },
        _reachable(indication, view),
        sequences,
    )


def _reachable(indication: Indication, view: Without) -> dict[str, bool]:
    """For which definitions any path of the graph matches."""
    drug, disease = ("Drug", indication.drug), ("Disease", indication.disease)
    joined: dict[tuple[Node, Node], bool] = {}

    def linked(first: Node, second: Node) -> bool:
        key = (first, second) if first < second else (second, first)
        if key not in joined:
            joined[key] = view.joined(*key)
        return joined[key]

    def whole(path: tuple[Node, ...]) -> bool:
        ends = (drug, *path, disease)
        return all(linked(one, other) for one, other in pairwise(ends))

    firsts = [node for node in indication.nodes if linked(drug, node)]
    lasts = {node for node in indication.nodes if linked(node, disease)}
    short = any(
        (indication.least == 1 and first in lasts)
        or any(last != first and linked(first, last) for last in lasts)
        for first in firsts
    )
    growing: list[tuple[Node, ...]] = [] if short else [(first,) for first in firsts]
    found = short
    while growing and not found:
        path = growing.pop()
        found = path[-1] in lasts and len(path) >= indication.least
        if len(path) < LONGEST - 1:
            growing += [
                (*path, node) for node in indication.nodes if node not in path and linked(path[-1], node)
            ]
    return {"exact": any(map(whole, indication.paths)), "nodes": found, "3 hops": short}
