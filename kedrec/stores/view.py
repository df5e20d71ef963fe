"""The visible part of a graph: its overlays and its last year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kedrec.stores.overlay_names import is_private, overlay_name

__all__ = ["SOURCE_FACT", "GraphView", "overlays_of"]

SOURCE_FACT = "source:"
"""Prefix of the metadata keys of loaded sources."""


@dataclass(frozen=True, slots=True)
class GraphView:
    """The visible part of a graph.

    Attributes:
        overlays: names of the visible overlays, sorted.
        left_out: names of the graph's hidden overlays, sorted.
        as_of: the last visible year; None: any year. Edges without a year are always visible.
    """

    overlays: tuple[str, ...] = ()
    hidden_overlays: tuple[str, ...] = ()
    as_of: int | None = None


def overlays_of(facts: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the overlays in a graph's metadata, sorted."""
    sources = (key.removeprefix(SOURCE_FACT) for key in facts if key.startswith(SOURCE_FACT))
    return tuple(sorted(overlay_name(source) for source in sources if is_private(source)))
