"""Options and notices for --overlay and --as-of, shared by the query commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kedrec.cli.common import warn

if TYPE_CHECKING:
    from kedrec.settings import Settings
    from kedrec.stores import Fingerprint, GraphStore
    from kedrec.types import EdgesAsOf

__all__ = [
    "as_of_option",
    "edges_as_of",
    "overlay_option",
    "visible_overlays",
    "warn_about_view",
    "warn_untreated",
]


def _join_names(ctx: click.Context, option: click.Parameter, names: tuple[str, ...]) -> str | None:  # noqa: ARG001  # click's signature
    return ",".join(names) or None


overlay_option = click.option(
    "--overlay",
    multiple=True,
    callback=_join_names,
    metavar="NAME|none",
    help="Also use this private overlay; may be repeated. Default: none, so that private data are in an "
    "answer only on request.",
)
as_of_option = click.option(
    "--as-of",
    type=click.IntRange(1, 9999),
    metavar="YEAR",
    help="Hide edges with a later year. Edges without a year stay visible; their number is printed.",
)


def warn_about_view(store: GraphStore, settings: Settings, *, is_fit: bool = False) -> None:
    """Warns on stderr of a fit that a view needs first, and of hidden overlays if none were requested.

    Args:
        store, settings: the queried graph and its settings.
        is_fit: True if the command fits the ranking anyway.
    """
    from kedrec.ranking import Ranker
    from kedrec.stores import view_of

    view = view_of(store)
    year = f"as of {view.as_of}" if view.as_of is not None else ""
    overlays = f"with {', '.join(view.overlays)}" if view.overlays else ""
    if (year or overlays) and not is_fit and not Ranker.is_cached(store, settings.cache_dir):
        options = " ".join(
            [
                *(f"--overlay {name}" for name in view.overlays),
                *([f"--as-of {view.as_of}"] if view.as_of is not None else []),
            ]
        )
        warn(
            f"There is no ranking of the graph {' '.join(filter(None, (year, overlays)))} yet: it is "
            "fitted and cached now, which takes minutes on a large graph. "
            f"`kedrec rank fit {options}` fits it beforehand."
        )
    hidden_overlays = view.hidden_overlays
    if hidden_overlays and not settings.overlay:
        warn(
            f"The graph has private overlays that are left out: {', '.join(hidden_overlays)}. "
            "--overlay NAME shows one; --overlay none leaves this line out too."
        )


def warn_untreated(fingerprint: Fingerprint) -> None:
    """Warns on stderr if a graph lacks drugs, diseases or treatments, so that no ranking can be learned."""
    from kedrec.answers.status import missing_kinds_note

    if note := missing_kinds_note(fingerprint):
        warn(f"{note} Nothing can be learned from it: every kind of path weighs the same.")


def visible_overlays(store: GraphStore) -> tuple[str, ...]:
    """Names of the visible overlays."""
    from kedrec.stores import VisibleStore

    return store.view.overlays if isinstance(store, VisibleStore) else ()


def edges_as_of(store: GraphStore) -> EdgesAsOf | None:
    """Numbers of visible and hidden edges in a view as of a year; None if edges of any year are visible."""
    from kedrec.stores import VisibleStore
    from kedrec.types import EdgesAsOf

    if not isinstance(store, VisibleStore) or store.view.as_of is None:
        return None
    counts = store.total_year_count()
    return EdgesAsOf(
        year=store.view.as_of,
        edges=counts.edges - counts.later,
        undated=counts.undated,
        later=counts.later,
    )
