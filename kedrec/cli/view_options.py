"""What the asking commands share about what of a graph they see: options, and what they tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedrec.cli.common import warn

if TYPE_CHECKING:
    from kedrec.settings import Settings
    from kedrec.stores import Fingerprint, GraphStore
    from kedrec.types import AsOf

__all__ = ["as_of_option", "overlay_option", "seen", "tell_untreated", "tell_view", "told", "undated"]


def _joined(ctx: click.Context, option: click.Parameter, names: tuple[str, ...]) -> str | None:  # noqa: ARG001  # click's signature
    return ",".join(names) or None


overlay_option = click.option(
    "--overlay",
    multiple=True,
    callback=_joined,
    metavar="NAME|none",
    help="See this private overlay too; may be given several times. Default: none, so that what is private "
    "is in no answer that nobody asked it for.",
)
as_of_option = click.option(
    "--as-of",
    type=click.IntRange(1, 9999),
    metavar="YEAR",
    help="Hide edges of a later year. Those without a year stay, and are counted.",
)


def tell_view(store: GraphStore, settings: Settings, *, fits: bool = False) -> None:
    """Says on stderr which overlays of the graph aren't seen, and that a view needs a fit of its own.

    The first where no overlay was asked for, the second where some or a year were and none is kept yet.

    Args:
        store, settings: what is asked, and how.
        fits: a fit is what was asked for.
    """
    from kedrec.ranking import Ranker
    from kedrec.stores import view_of

    view = view_of(store)
    year = f"as of {view.as_of}" if view.as_of is not None else ""
    overlays = f"with {', '.join(view.overlays)}" if view.overlays else ""
    if (year or overlays) and not fits and not Ranker.is_cached(store, settings.cache_dir):
        options = " ".join(
            [
                *(f"--overlay {name}" for name in view.overlays),
                *([f"--as-of {view.as_of}"] if view.as_of is not None else []),
            ]
        )
        warn(
            f"There is no ranking of the graph {' '.join(filter(None, (year, overlays)))} yet: it is fitted "
            f"now, which takes minutes on a large graph, and kept. `kedrec rank fit {options}` does it ahead."
        )
    left_out = view.left_out
    if left_out and not settings.overlay:
        warn(
            f"The graph has private overlays that are left out: {', '.join(left_out)}. "
            "--overlay NAME shows one; --overlay none leaves this line out too."
        )


def tell_untreated(fingerprint: Fingerprint) -> None:
    """Says on stderr that a graph has no treatment, so that nothing could be learned."""
    from kedrec.answers.status import lacks

    if lacking := lacks(fingerprint):
        warn(f"{lacking} Nothing can be learned from it: every kind of path weighs the same.")


def undated(found: AsOf) -> str:
    """What a view as of a year, and the evidence shown of it, rest on, in words."""
    graph = told({"as_of": found.model_dump()})
    return f"{graph} Of the {found.used:,} edges in the evidence shown, {found.used_undated:,} have none."


def seen(store: GraphStore) -> dict[str, Any]:
    """What is seen of a graph, where that isn't all of it or private: overlays, and what has no year."""
    from kedrec.stores import View, VisibleStore

    if not isinstance(store, VisibleStore) or store.view == View():
        return {}
    found: dict[str, Any] = {"overlays": list(store.view.overlays)}
    if store.view.as_of is not None:
        counts = store.dated()
        edges = counts.edges - counts.later
        found["as_of"] = {
            "year": store.view.as_of,
            "edges": edges,
            "undated": counts.undated,
            "later": counts.later,
        }
    return found


def told(found: dict[str, Any]) -> str:
    """What `seen` says of the year, in words; "" where edges of any year are seen."""
    of = found.get("as_of")
    if of is None:
        return ""
    return (
        f"As of {of['year']}: {of['later']:,} later edges are hidden; {of['undated']:,} of the "
        f"{of['edges']:,} left have no year and may be later."
    )
