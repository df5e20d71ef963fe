"""Looks up a graph's entities by name, id or kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.answers.session import Session
from kedrec.errors import UnknownNameError
from kedrec.naming.name_list import numbered_names, resolve_lines
from kedrec.naming.substitution import substitutions
from kedrec.types import Node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.types import NameMatch, TakenFor

__all__ = ["EntityLookup"]


class EntityLookup(Session):
    """A session whose entities can be looked up without the ranking or the model."""

    def search(self, text: str, *, kind: str | None = None, limit: int = 10) -> list[NameMatch]:
        """Entities that a text may name, best match first.

        Args:
            text: a name, synonym, id or cross-reference, possibly misspelt.
            kind: only this kind (`Disease`, `Drug`, ...).
            limit: most matches, 1 or more.
        """
        self.renew()
        return self.names.search(text, kinds=None if kind is None else [kind], limit=limit)

    def entity(self, id: str, *, kind: str | None = None) -> Node:  # noqa: A002  # the field's own name
        """The node with an id, with all its properties.

        Args:
            id: its id (not a cross-reference).
            kind: its kind; needed where two kinds have the id.

        Raises:
            UnknownNameError: the graph has no such id.
            AmbiguousNameError: several kinds have it and none was given.
        """
        self.renew()
        entity = self.names.entity(id, kind)
        for row in self.store.run("lookup/node", {"id": entity.id}):
            if row["kind"] == entity.kind:
                return Node(**row)
        raise UnknownNameError(f"The graph no longer has {entity.id}.", "Ask again.")

    def disease_ids(self) -> list[str]:
        """The ids of the graph's diseases, sorted."""
        _ = self.fingerprint
        ids: list[str] = sorted(self.store.nodes("Disease", ["id"])["id"].to_pylist())
        return ids

    def names_of(self, *kinds: str) -> dict[str, str]:
        """The names of all entities of some kinds, by id."""
        tables = [self.store.nodes(kind, ["id", "name"]) for kind in kinds]
        return {
            id_: name
            for table in tables
            for id_, name in zip(table["id"].to_pylist(), table["name"].to_pylist(), strict=True)
        }

    def resolve_lines(self, lines: Sequence[str], kind: str) -> list[str]:
        """The ids of the entities that lines of text name, each once, in order.

        Args:
            lines: a name or id each; blank lines and those that begin with # are skipped.
            kind: what they must be (`Disease`, `Drug`).

        Raises:
            NotFoundError: lines that stand for no entity or several, all of them with their numbers.
            UsageError: no line names anything.
        """
        _ = self.fingerprint
        return resolve_lines(self.names, lines, kind)

    def lines_taken_for(self, lines: Sequence[str], kind: str) -> tuple[TakenFor, ...]:
        """The entities that lines of text name by another name than their own. As `resolve_lines`."""
        return substitutions(
            (text, self.names.resolve_match(text, kind)) for _, text in numbered_names(lines)
        )
