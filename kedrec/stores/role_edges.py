"""Reads edges by what they state: of every relation with a role in the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from kedrec.schema import Role
    from kedrec.stores.base import GraphStore, Row

__all__ = ["edges_between_with_role", "edges_with_role"]


def edges_with_role(
    store: GraphStore,
    role: Role,
    kinds: tuple[str, str],
    columns: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Streams the edges of every relation of a role.

    Args:
        store: the graph.
        role: the role.
        kinds: kinds of start and end.
        columns, sources: as for `GraphStore.edges`.
    """
    for relation in load_schema().joining(role, *kinds):
        yield from store.edges(relation, *kinds, columns, sources)


def edges_between_with_role(
    store: GraphStore,
    role: Role,
    kinds: tuple[str, str],
    start_ids: Sequence[str],
    end_ids: Sequence[str],
) -> list[Row]:
    """The edges of every relation of a role, relation by relation.

    Args:
        store: the graph.
        role: the role.
        kinds: kinds of start and end.
        start_ids, end_ids: as for `GraphStore.edges_between`.

    Returns:
        Rows as of `GraphStore.edges_between`, each with its `relation`.
    """
    return [
        row | {"relation": relation}
        for relation in load_schema().joining(role, *kinds)
        for row in store.edges_between(relation, *kinds, start_ids, end_ids)
    ]
