"""Test cases for mechanism recall: each curated indication with its competing paths.

Every indication that DrugMechDB explains is tested with its own treatment and mechanisms hidden from the
ranking of its paths. Two settings differ in what else is hidden:

- `all hidden`: every link that only curated mechanisms state.
- `own hidden`: nothing else; other indications' mechanisms may be used.

A path matches the curated mechanism by one of three definitions:

- `exact`: between drug and disease it has exactly the nodes of one curated path, in order.
- `nodes`: every intermediate node is one of the mechanism's; there are at least two, or one where the
  curated paths have no more.
- `3 hops`: the same for paths of at most three hops, which compete among themselves: the definition of
  KGML-xDTD (Ma et al., GigaScience 2023;12:giad057).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.evidence.breadth import Breadths
from kedrec.evidence.chains import MAX_HOPS, Mechanisms
from kedrec.evidence.mechanisms import GraphWithoutIndication, read_indications
from kedrec.evidence.path_features import GeneFacts, gene_facts
from kedrec.evidence.path_pool import pool_of
from kedrec.ranking.adjacency import Adjacency, read_adjacency
from kedrec.ranking.metapaths import schema_tables
from kedrec.schema import load_schema
from kedrec.stores.templates import path_templates

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from kedrec.common.progress import Progress
    from kedrec.evidence.mechanisms import Indication, Node
    from kedrec.evidence.path_pool import Pool
    from kedrec.ranking.adjacency import Table
    from kedrec.schema import Role
    from kedrec.stores.base import GraphStore
    from kedrec.stores.templates import PathTemplate

__all__ = ["DEFINITIONS", "SETTINGS", "Case", "indication_cases", "supporting_templates"]

SETTINGS = ("all hidden", "own hidden")
DEFINITIONS = ("exact", "nodes", "3 hops")

_MAX_PATHS = 200  # paths of a template that compete, the heaviest
_KGML_HOPS = 3


@dataclass(frozen=True, slots=True)
class Case:
    """One indication in one setting.

    Attributes:
        indication: the curated indication.
        setting: one of `SETTINGS`.
        pool: the competing paths.
        matching: definition -> mask of the matching paths.
        reachable: definition -> whether any path of the graph matches, along any relations.
        sequences: the intermediate nodes of each path.
    """

    indication: Indication
    setting: str
    pool: Pool
    matching: dict[str, NDArray[np.bool_]]
    reachable: dict[str, bool]
    sequences: list[tuple[Node, ...]]

    @property
    def short(self) -> NDArray[np.bool_]:
        """Mask of the paths of at most three hops."""
        return np.array([len(path) < _KGML_HOPS for path in self.sequences], bool)


def indication_cases(
    store: GraphStore, *, most: int = _MAX_PATHS, progress: Progress | None = None
) -> list[Case]:
    """Builds a case for every indication and setting whose drug and disease have a visible link.

    Args:
        store: a graph that includes DrugMechDB.
        most: competing paths of one template, the heaviest ones.
        progress: called indication by indication.
    """
    adjacency = Adjacency(read_adjacency(store, schema_tables(), progress))
    indications = read_indications(store, progress)
    templates = supporting_templates()
    facts, mechanisms, breadths = _gene_facts_lookup(store), Mechanisms(adjacency), Breadths(adjacency)
    cases = []
    for setting in SETTINGS:
        for index, indication in enumerate(indications):
            if progress is not None:
                progress(f"Looking for paths, {setting}", index, len(indications))
            view = GraphWithoutIndication(adjacency, indication, every=setting == "all hidden")
            if not all(
                _has_link(view, kind, number)
                for kind, number in zip(("Drug", "Disease"), view.pair, strict=True)
            ):
                continue
            pool = pool_of(
                view, mechanisms, templates, facts(indication), view.pair, breadths=breadths, most=most
            )
            cases.append(_case(indication, setting, view, pool))
    return cases


def supporting_templates() -> list[PathTemplate]:
    """The templates of supporting paths."""
    return [template for template in path_templates() if template.stance == "supports"]


def _gene_facts_lookup(store: GraphStore) -> Callable[[Indication], GeneFacts]:
    """Builds a look-up of an indication's gene facts that not only curated mechanisms state."""
    rows: list[dict[str, list[dict[str, Any]]]] = []
    links: tuple[tuple[Role, str], ...] = (("target", "Drug"), ("disease gene", "Disease"))
    for role, start in links:
        by_start: dict[str, list[dict[str, Any]]] = defaultdict(list)
        columns = ["start", "end", "evidence", "action", "mechanisms"]
        for relation in load_schema().joining(role, start, "Gene"):
            for batch in store.edges(relation, start, "Gene", columns):
                for edge in batch.to_pylist():
                    if not edge["mechanisms"]:
                        row = {"relation": relation, "end_id": edge["end"], "edge": edge}
                        by_start[edge["start"]].append(row)
        rows.append(by_start)
    targets, associated = rows
    return lambda indication: gene_facts(
        targets.get(indication.drug, ()), associated.get(indication.disease, ())
    )


@cache
def _tables_at(kind: str) -> list[Table]:
    return [table for table in schema_tables() if kind in table[1:]]


def _has_link(view: GraphWithoutIndication, kind: str, number: int) -> bool:
    """True for a node with a visible link."""
    for table in _tables_at(kind):
        if view.has_table(table):
            links = view.incidence(table)
            if table[1] == kind and links.indptr[number + 1] > links.indptr[number]:
                return True
            if table[2] == kind and links.back_indptr[number + 1] > links.back_indptr[number]:
                return True
    return False


def _case(indication: Indication, setting: str, view: GraphWithoutIndication, pool: Pool) -> Case:
    sequences = [
        tuple(zip(pool.shapes[pool.shape[path]], pool.ids(view, path), strict=True))
        for path in range(len(pool))
    ]
    nodes = np.array([indication.matches(path) for path in sequences], bool)
    is_short = np.array([len(path) < _KGML_HOPS for path in sequences], bool)
    return Case(
        indication,
        setting,
        pool,
        {
            "exact": np.array([path in indication.paths for path in sequences], bool),
            "nodes": nodes,
            "3 hops": nodes & is_short,
        },
        _reachable(indication, view),
        sequences,
    )


def _reachable(indication: Indication, view: GraphWithoutIndication) -> dict[str, bool]:
    """By definition, whether any path of the graph matches."""
    drug, disease = ("Drug", indication.drug), ("Disease", indication.disease)
    link_cache: dict[tuple[Node, Node], bool] = {}

    def linked(first: Node, second: Node) -> bool:
        key = (first, second) if first < second else (second, first)
        if key not in link_cache:
            link_cache[key] = view.are_linked(*key)
        return link_cache[key]

    def is_complete(path: tuple[Node, ...]) -> bool:
        ends = (drug, *path, disease)
        return all(linked(start, end) for start, end in pairwise(ends))

    firsts = [node for node in indication.nodes if linked(drug, node)]
    lasts = {node for node in indication.nodes if linked(node, disease)}
    short_match = any(
        (indication.min_nodes == 1 and first in lasts)
        or any(last != first and linked(first, last) for last in lasts)
        for first in firsts
    )
    partial_paths: list[tuple[Node, ...]] = [] if short_match else [(first,) for first in firsts]
    nodes_match = short_match
    while partial_paths and not nodes_match:
        path = partial_paths.pop()
        nodes_match = path[-1] in lasts and len(path) >= indication.min_nodes
        if len(path) < MAX_HOPS - 1:
            partial_paths += [
                (*path, node) for node in indication.nodes if node not in path and linked(path[-1], node)
            ]
    return {"exact": any(map(is_complete, indication.paths)), "nodes": nodes_match, "3 hops": short_match}
