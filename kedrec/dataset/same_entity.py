"""Groups ids that denote the same drug or disease (salts, synonyms, shared cross-references).

Two entities of a kind count as the same where they share a name or synonym as `kedrec.naming` compares them
(a drug's without its salt), or a cross-reference of a vocabulary that names substances or diseases one by
one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from kedrec.naming.normalize import normal_forms

if TYPE_CHECKING:
    from kedrec.stores.base import GraphStore

__all__ = ["canonical_ids", "representatives"]

_T = TypeVar("_T", bound=Hashable)

_IDENTIFYING_PREFIXES = {
    "Drug": ("UNII", "CHEBI", "CHEMBL", "PUBCHEM", "DRUGCENTRAL", "RXCUI", "INCHIKEY", "MESH"),
    "Disease": ("DOID", "MONDO", "MESH", "UMLS", "OMIM", "ORPHANET"),
}
_SHORTEST_NAME = 4  # characters; shorter synonyms are abbreviations, which two entities share by chance
_MOST_SHARING = 5  # entities that share a name or reference; more, and it names a group of them


def representatives(groups: Iterable[Iterable[_T]]) -> dict[_T, _T]:
    """Maps each item of overlapping groups to the least member (as text) of the set that they connect."""
    import networkx as nx

    graph: nx.Graph[_T] = nx.Graph()
    for group in groups:
        nx.add_path(graph, group)
    return {
        item: least
        for component in nx.connected_components(graph)
        for least in [min(component, key=str)]
        for item in component
    }


def canonical_ids(store: GraphStore, kind: str) -> dict[str, str]:
    """Maps the id of each entity of a kind (Drug, Disease) to one id for all that denote the same entity."""
    rows = store.nodes(kind, ["id", "name", "synonyms", "xrefs"]).to_pylist()
    ids_by_key: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for name in (row["name"], *row["synonyms"]):
            words = normal_forms(name)
            for key in (words.words, words.base if kind == "Drug" else words.bag):
                if len(key) >= _SHORTEST_NAME:
                    ids_by_key[f"name {key}"].add(row["id"])
        for xref in _identifying_xrefs(row["xrefs"], kind):
            ids_by_key[xref].add(row["id"])
    canonical = representatives(ids for ids in ids_by_key.values() if 1 < len(ids) <= _MOST_SHARING)
    return {row["id"]: canonical.get(row["id"], row["id"]) for row in rows}


def _identifying_xrefs(xrefs: Sequence[str], kind: str) -> list[str]:
    """The cross-references of vocabularies that name entities one by one."""
    identifying = []
    for xref in xrefs:
        prefix, _, local = xref.partition(":")
        if prefix in _IDENTIFYING_PREFIXES[kind]:
            # The first block of an InChIKey is the skeleton: salts and isomers share it.
            identifying.append(f"{prefix}:{local.partition('-')[0]}" if prefix == "INCHIKEY" else xref)
    return identifying
