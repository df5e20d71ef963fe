"""Entity resolution by family of kinds, done again only for the families whose records have changed.

A load of several sources resolves the records of all of them source after source. A source of diseases leaves
genes and drugs as they are, and these need no second resolution.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from kedrec.loading.identity import resolve
from kedrec.loading.kind_families import family_of
from kedrec.loading.node_records import Identity, NodeRecord

if TYPE_CHECKING:
    from kedrec.loading.staging import Staging
    from kedrec.schema import Schema

__all__ = ["FamilyIdentities", "family_name"]

_REMEMBERED = 2
"""Identities remembered of a family: with nodes joined by name, and without."""
_SIGNATURES = """
SELECT family, count(*),
  sum(hash(kind, id, rank, trust, list_sort(xrefs), list_sort(names), list_sort(synonyms)))
FROM resolvable_records GROUP BY family ORDER BY family
"""
_RECORDS = "SELECT kind, id, xrefs, rank, trust, names, synonyms FROM resolvable_records WHERE family = ?"
_Signature = tuple[int, int, frozenset[tuple[tuple[str, str], str]]]
"""Count and hash of a family's records, and the successors of its retired ids."""


def family_name(kind: str) -> str:
    """Name of the family of a kind, as the staging tables have it."""
    return "/".join(family_of(kind))


class FamilyIdentities:
    """Identities by family of kinds, from the last resolutions of the same load."""

    def __init__(self) -> None:
        self._remembered: dict[str, dict[_Signature, Identity]] = defaultdict(dict)

    def resolve(self, staging: Staging, schema: Schema, retired: Mapping[tuple[str, str], str]) -> Identity:
        """Resolves the records in `resolvable_records`; equal to `identity.resolve` of all of them.

        Args:
            staging: staging area with that table.
            schema: the schema.
            retired: successor of each retired id, by kind and retired id.
        """
        successors: dict[str, dict[tuple[str, str], str]] = defaultdict(dict)
        for (kind, old), new in retired.items():
            successors[family_name(kind)][kind, old] = new
        signatures: dict[str, tuple[int, int]] = {
            family: (count, int(total))
            for family, count, total in staging.sql.execute(_SIGNATURES).fetchall()
        }
        identities = []
        for family in sorted({*signatures, *successors}):
            of_family = successors.get(family, {})
            signature = (*signatures.get(family, (0, 0)), frozenset(of_family.items()))
            remembered = self._remembered[family]
            identity = remembered.pop(signature, None)
            if identity is None:
                rows = staging.sql.execute(_RECORDS, [family]).fetchall()
                claims = (
                    NodeRecord(kind, id_, tuple(xrefs), rank, trust, tuple(names), tuple(synonyms))
                    for kind, id_, xrefs, rank, trust, names, synonyms in rows
                )
                identity = resolve(claims, schema, of_family)
            remembered[signature] = identity
            while len(remembered) > _REMEMBERED:
                del remembered[next(iter(remembered))]
            identities.append(identity)
        return _union(identities)


def _union(identities: list[Identity]) -> Identity:
    entity: dict[tuple[str, str], tuple[str, str]] = {}
    aliases: dict[tuple[str, str], tuple[str, str]] = {}
    for identity in identities:
        entity |= identity.entity
        aliases |= identity.aliases
    conflicts = (conflict for identity in identities for conflict in identity.conflicts)
    return Identity(
        entity,
        aliases,
        tuple(sorted(conflicts, key=lambda conflict: (conflict.kind, conflict.id))),
        frozenset().union(*(identity.overruled for identity in identities)),
    )
