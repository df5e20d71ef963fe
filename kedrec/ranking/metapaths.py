"""The metapaths between Drug and Disease that the schema allows and the graph has links for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.schema import load_schema
from kedrec.stores.templates import Hop

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from kedrec.ranking.adjacency import Table
    from kedrec.stores.templates import PathTemplate

__all__ = [
    "CARE",
    "Metapath",
    "abbreviation",
    "hops_from",
    "kinds_along",
    "kinds_of",
    "metapaths",
    "repeats",
    "schema_tables",
    "written",
]

Metapath = tuple[Hop, ...]
"""The hops from a drug; the last reaches a disease."""

CARE = ("TREATS", "PALLIATES")
"""Relations that say of a pair what the ranking is to find out: a pair's own is hidden from its score."""

_HARM = frozenset({"CONTRAINDICATED_FOR", "STOPPED_FOR"})  # shown beside the score, never mixed into it


def schema_tables() -> list[Table]:
    """Every table that a hop can go along, sorted: symmetric relations between two kinds are two."""
    found: set[Table] = set()
    for relation in load_schema().relations.values():
        for start, end in relation.pairs:
            found.add((relation.name, start, end))
            if relation.symmetric:
                found.add((relation.name, end, start))
    return sorted(found)


def hops_from(kind: str, linked: Iterable[Table]) -> list[Hop]:
    """The hops that leave a kind along some tables, by relation."""
    return _hops(linked).get(kind, [])


def kinds_of(template: PathTemplate) -> tuple[str, ...]:
    """The kinds a template's metapath goes through, from Drug to Disease."""
    return kinds_along(template.hops)


def repeats(template: PathTemplate) -> list[tuple[int, int]]:
    """The pairs of places of a template's metapath where one node could stand twice."""
    kinds = kinds_of(template)
    return [
        (first, second)
        for first in range(len(kinds))
        for second in range(first + 1, len(kinds))
        if kinds[first] == kinds[second]
    ]


def _hops(tables: Iterable[Table]) -> dict[str, list[Hop]]:
    """The hops that leave each kind."""
    relations = load_schema().relations
    hops: dict[str, set[Hop]] = {}
    for relation, start, end in tables:
        if relation in _HARM:
            continue
        hops.setdefault(start, set()).add(Hop(relation, forward=True, kind=end))
        if not relations[relation].symmetric:
            hops.setdefault(end, set()).add(Hop(relation, forward=False, kind=start))
    return {
        kind: sorted(found, key=lambda hop: (hop.relation, not hop.forward, hop.kind))
        for kind, found in hops.items()
    }


def metapaths(linked: Collection[Table], longest: int = 4) -> list[Metapath]:
    """Every metapath of 1 to `longest` hops from Drug to Disease along tables that have links.

    The pair's own treatment or palliation is none: it is what a score is to tell. Contraindications are left
    out, since they tell of harm. Hetionet has 1,206 of at most four hops, 134 of at most
    three (Himmelstein et al. 2017, doi:10.7554/eLife.26726).

    Args:
        linked: the tables, as `schema_tables` lists them, that have links.
        longest: most hops, 1 to 4.

    Returns:
        Shortest first, then by relation and kind; equal graphs give the same list.
    """
    hops = _hops(linked)
    nearest = _distances(hops)
    found: list[Metapath] = []
    growing: list[tuple[Metapath, str]] = [((), "Drug")]
    for length in range(1, longest + 1):
        grown = []
        for path, kind in growing:
            grown += [
                ((*path, hop), hop.kind)
                for hop in hops.get(kind, ())
                if nearest.get(hop.kind, longest) <= longest - length
            ]
        found += [
            path
            for path, kind in grown
            if kind == "Disease" and not (length == 1 and path[0].relation in CARE)
        ]
        growing = grown
    return found


def _distances(hops: dict[str, list[Hop]]) -> dict[str, int]:
    """Hops from each kind to Disease at least."""
    distances = {"Disease": 0}
    changed = True
    while changed:
        changed = False
        for kind, leaving in hops.items():
            reached = [distances[hop.kind] + 1 for hop in leaving if hop.kind in distances]
            if reached and min(reached) < distances.get(kind, 99):
                distances[kind] = min(reached)
                changed = True
    return distances


def kinds_along(path: Metapath) -> tuple[str, ...]:
    """The kinds a metapath goes through, from Drug to Disease."""
    return ("Drug", *(hop.kind for hop in path))


def written(path: Metapath) -> str:
    """A metapath as template heads write it: `Drug BINDS Gene < ASSOCIATED_WITH Disease`."""
    return "Drug " + " ".join(f"{'' if hop.forward else '< '}{hop.relation} {hop.kind}" for hop in path)


def abbreviation(path: Metapath) -> str:
    """A metapath in Hetionet's short form: `CbG<aD`, the arrow where the stored edge points back."""
    schema = load_schema()
    return schema.kinds["Drug"].abbreviation + "".join(
        f"{'' if hop.forward else '<'}{schema.relations[hop.relation].abbreviation}"
        f"{schema.kinds[hop.kind].abbreviation}"
        for hop in path
    )
