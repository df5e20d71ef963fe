"""Isolates a private overlay: without it, the graph is the same as before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.stores.overlay_names import is_private

if TYPE_CHECKING:
    from kedrec.loading.staging import Staging
    from kedrec.stores import GraphTarget

__all__ = ["isolate_overlay"]

_KNOWN = """
INSERT INTO rejects
SELECT 'nodes', file, line, 'entity that the graph has already', id, NULL FROM node_rows
SEMI JOIN public_ids USING (id)
"""
_LICENCE = "UPDATE edge_rows SET licence = 'private' WHERE coalesce(trim(licence), '') = ''"


def isolate_overlay(staging: Staging, store: GraphTarget) -> None:
    """Rejects an overlay's rows of nodes that public sources have, and sets its licence.

    A second record of an entity could change its names for everybody. The overlay's edges may still end at
    it.
    """
    kinds = [row[0] for row in staging.sql.execute("SELECT DISTINCT kind FROM node_rows").fetchall()]
    ids: list[str] = []
    for kind in store.fingerprint().nodes if kinds else ():
        for row in store.nodes(kind, ["id", "xrefs", "sources"]).to_pylist():
            if not all(map(is_private, row["sources"])):
                ids += [row["id"], *row["xrefs"]]
    staging.fill("public_ids", {"id": ids})
    staging.sql.execute(_KNOWN)
    staging.sql.execute("DELETE FROM node_rows WHERE id IN (SELECT id FROM public_ids)")
    staging.drop("public_ids")
    staging.sql.execute(_LICENCE)
