"""Base class of read-only wrappers: forwards every write method to the wrapped store, which refuses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.stores.base import ContextCloser

if TYPE_CHECKING:
    from kedrec.stores.base import GraphStore

__all__ = ["ReadOnlyStore"]


class ReadOnlyStore(ContextCloser):
    """Wrapper of a store that was opened to be read only."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    @property
    def engine(self) -> str:
        """The wrapped store's engine."""
        return self._store.engine

    @property
    def url(self) -> str:
        """Location of the graph."""
        return self._store.url

    @property
    def is_pinned(self) -> bool:
        """True if the wrapped store reads the graph as it was when opened."""
        return self._store.is_pinned

    def has_changed(self) -> bool:
        """True if the graph has changed since it was opened."""
        return self._store.has_changed()

    def check_writable(self) -> None:
        """Checks that the wrapped store's graph can be written."""
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
        self, facts: Mapping[str, str | None], blobs: Mapping[str, bytes | None] | None = None
    ) -> None:
        """Refused."""
        self._store.put_metadata(facts, blobs)

    def close(self) -> None:
        """Closes the wrapped store."""
        self._store.close()
