"""What is one thing under two ids: salts and forms of a drug, synonyms of a disease.

Two entities of a kind are kin where they share a name or synonym as `kedrec.naming` compares them (a drug's
without its salt), or a cross-reference of a vocabulary that names substances or diseases one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from kedrec.naming.normalize import forms

if TYPE_CHECKING:
    from kedrec.stores.base import GraphStore

__all__ = ["Union", "kin_of"]

_T = TypeVar("_T", bound=Hashable)

_ONE_BY_ONE = {
    "Drug": ("UNII", "CHEBI", "CHEMBL", "PUBCHEM", "DRUGCENTRAL", "RXCUI", "INCHIKEY", "MESH"),
    "Disease": ("DOID", "MONDO", "MESH", "UMLS", "OMIM", "ORPHANET"),
}
_LONG_NAME = 4  # characters; shorter synonyms are abbreviations, which two things share by chance
_MANY = 5  # entities that share a name or reference: then it names a group of them, not one


class Union(Generic[_T]):
    """Sets that grow together: `find` gives one member that stands for all of its set."""

    def __init__(self) -> None:
        self._above: dict[_T, _T] = {}

    def find(self, item: _T) -> _T:
        """The member that stands for the item's set."""
        root = item
        while (above := self._above.get(root, root)) != root:
            root = above
        while (above := self._above.get(item, item)) != root:
            self._above[item] = root
            item = above
        return root

    def join(self, items: Iterable[_T]) -> None:
        """Makes one set of the items' sets; the least member stands for it."""
        roots = sorted({self.find(item) for item in items}, key=str)
        for root in roots[1:]:
            self._above[root] = roots[0]


def kin_of(store: GraphStore, kind: str) -> dict[str, str]:
    """For each entity of a kind (Drug, Disease) the id that stands for it and its kin."""
    rows = store.nodes(kind, ["id", "name", "synonyms", "xrefs"]).to_pylist()
    shared: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for name in (row["name"], *row["synonyms"]):
            words = forms(name)
            for key in (words.words, words.base if kind == "Drug" else words.bag):
                if len(key) >= _LONG_NAME:
                    shared[f"name {key}"].add(row["id"])
        for xref in _identifying(row["xrefs"], kind):
            shared[xref].add(row["id"])
    union: Union[str] = Union()
    for _, ids in sorted(shared.items()):
        if 1 < len(ids) <= _MANY:
            union.join(ids)
    return {row["id"]: union.find(row["id"]) for row in rows}


def _identifying(xrefs: Sequence[str], kind: str) -> list[str]:
    found = []
    for xref in xrefs:
        prefix, _, local = xref.partition(":")
        if prefix in _ONE_BY_ONE[kind]:
            # The first block of an InChIKey is the skeleton: salts and isomers share it.
            found.append(f"{prefix}:{local.partition('-')[0]}" if prefix == "INCHIKEY" else xref)
    return found
