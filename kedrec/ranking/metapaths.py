"""Enumerates the metapaths between Drug and Disease that the schema allows and the graph has links for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.ranking.adjacency import table_of
from kedrec.schema import load_schema
from kedrec.stores.templates import Hop

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from kedrec.ranking.adjacency import Table
    from kedrec.stores.templates import PathTemplate

__all__ = [
    "CARE_RELATIONS",
    "Metapath",
    "hops_from",
    "metapath_abbreviation",
    "metapath_text",
    "metapaths",
    "repeats",
    "schema_tables",
]

Metapath = tuple[Hop, ...]
"""The hops from a drug; the last reaches a disease."""

CARE_RELATIONS = tuple(
    load_schema().joining(role, "Drug", "Disease")[0] for role in ("treatment", "palliation")
)
"""Tables' relations that state what the ranking predicts: a pair's own link is hidden from its score."""


def schema_tables() -> list[Table]:
    """Every table that a hop can follow, sorted; a symmetric relation between two kinds has two tables.

    Relations that share a table (see `table_of`) have one.
    """
    tables: set[Table] = set()
    for relation in load_schema().relations.values():
        for start, end in relation.pairs:
            tables.add(table_of(relation.name, start, end))
            if relation.symmetric:
                tables.add(table_of(relation.name, end, start))
    return sorted(tables)


def hops_from(kind: str, tables: Iterable[Table]) -> list[Hop]:
    """The hops from a kind along some tables, in the order of their relations."""
    return _hops_by_kind(tables).get(kind, [])


def repeats(template: PathTemplate) -> list[tuple[int, int]]:
    """Pairs of positions of one kind in a template's metapath, where a path could visit a node twice."""
    kinds = template.kinds
    return [
        (first, second)
        for first in range(len(kinds))
        for second in range(first + 1, len(kinds))
        if kinds[first] == kinds[second]
    ]


def _hops_by_kind(tables: Iterable[Table]) -> dict[str, list[Hop]]:
    """The hops from each kind along some tables, without relations of harm."""
    relations = load_schema().relations
    harm = load_schema().with_role(
        "contraindication", "stopped trial"
    )  # shown beside the score, no part of it
    hops: dict[str, set[Hop]] = {}
    for relation, start, end in tables:
        if relation in harm:
            continue
        hops.setdefault(start, set()).add(Hop(relation, forward=True, kind=end))
        if not relations[relation].symmetric:
            hops.setdefault(end, set()).add(Hop(relation, forward=False, kind=start))
    return {
        kind: sorted(kind_hops, key=lambda hop: (hop.relation, not hop.forward, hop.kind))
        for kind, kind_hops in hops.items()
    }


def metapaths(tables: Collection[Table], longest: int = 4) -> list[Metapath]:
    """Every metapath of 1 to `longest` hops from Drug to Disease along tables that have links.

    The direct treatment or palliation is excluded, since it is what a score predicts, and so are relations of
    harm (contraindications). Hetionet has 1,206 metapaths of at most four hops, 134 of at most three
    (Himmelstein et al. 2017, doi:10.7554/eLife.26726).

    Args:
        tables: the tables of `schema_tables` that have links.
        longest: maximum number of hops, 1 to 4.

    Returns:
        Shortest first, then by relation and kind; equal graphs give the same list.
    """
    hops = _hops_by_kind(tables)
    distances = _distances(hops)
    paths: list[Metapath] = []
    prefixes: list[tuple[Metapath, str]] = [((), "Drug")]
    for length in range(1, longest + 1):
        extended = []
        for path, kind in prefixes:
            extended += [
                ((*path, hop), hop.kind)
                for hop in hops.get(kind, ())
                if distances.get(hop.kind, longest) <= longest - length
            ]
        paths += [
            path
            for path, kind in extended
            if kind == "Disease" and not (length == 1 and path[0].relation in CARE_RELATIONS)
        ]
        prefixes = extended
    return paths


def _distances(hops: dict[str, list[Hop]]) -> dict[str, int]:
    """The least number of hops from each kind to Disease."""
    distances = {"Disease": 0}
    changed = True
    while changed:
        changed = False
        for kind, kind_hops in hops.items():
            candidates = [distances[hop.kind] + 1 for hop in kind_hops if hop.kind in distances]
            if candidates and min(candidates) < distances.get(kind, 99):
                distances[kind] = min(candidates)
                changed = True
    return distances


def metapath_text(path: Metapath) -> str:
    """Text of a metapath as in template heads: `Drug BINDS Gene < ASSOCIATED_WITH Disease`."""
    return "Drug " + " ".join(f"{'' if hop.forward else '< '}{hop.relation} {hop.kind}" for hop in path)


def metapath_abbreviation(path: Metapath) -> str:
    """Text of a metapath in Hetionet's short form: `CbG<aD`, with < where the edge points backwards."""
    schema = load_schema()
    return schema.kinds["Drug"].abbreviation + "".join(
        f"{'' if hop.forward else '<'}{schema.relations[hop.relation].abbreviation}"
        f"{schema.kinds[hop.kind].abbreviation}"
        for hop in path
    )
