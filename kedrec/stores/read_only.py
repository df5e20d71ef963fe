"""What a store that shows another one's graph passes on unchanged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.stores.closing import Closing

if TYPE_CHECKING:
    from kedrec.stores.base import GraphStore

__all__ = ["Around"]


class Around(Closing):
    """A store around another, which was opened to be read only and so refuses to write."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    @property
    def engine(self) -> str:
        """The engine below."""
        return self._store.engine

    @property
    def url(self) -> str:
        """Where the graph is."""
        return self._store.url

    @property
    def is_pinned(self) -> bool:
        """Whether the graph below is read as it was opened."""
        return self._store.is_pinned

    def has_changed(self) -> bool:
        """Whether the graph below has changed since it was opened."""
        return self._store.has_changed()

    def check_writable(self) -> None:
        """Finds out what would keep the graph below from being written."""
        self._store.check_writable()

    def prepare(self) -> None:
        """Refused."""
        self._store.prepare()

    def writing(self) -> AbstractContextManager[None]:
        """Refused."""
        return self._store.writing()

    def put_nodes(self, kind: str, new: Path | None, changed: Path | None) -> None:
        """Refused."""
        self._store.put_nodes(kind, new, changed)

    def put_edges(
        self, relation: str, start_kind: str, end_kind: str, new: Path | None, changed: Path | None
    ) -> None:
        """Refused."""
        self._store.put_edges(relation, start_kind, end_kind, new, changed)

    def delete_edges(self, relation: str, start_kind: str, end_kind: str, keys: Path) -> None:
        """Refused."""
        self._store.delete_edges(relation, start_kind, end_kind, keys)

    def delete_nodes(self, kind: str, ids: Sequence[str]) -> None:
        """Refused."""
        self._store.delete_nodes(kind, ids)

    def put_metadata(
        self, facts: Mapping[str, str | None], kept: Mapping[str, bytes | None] | None = None
    ) -> None:
        """Refused."""
        self._store.put_metadata(facts, kept)

    def close(self) -> None:
        """Closes the store below."""
        self._store.close()
