"""Names of private overlays: a user's own edges beside the public ones, of the source `overlay:NAME`."""

from __future__ import annotations

import re

from kedrec.errors import UsageError

__all__ = ["NO_OVERLAY", "chosen_overlays", "is_private", "overlay_of", "overlay_source"]

NO_OVERLAY = "none"
"""What is said in place of a name, where no overlay is wanted."""
_PREFIX = "overlay:"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


def overlay_source(name: str) -> str:
    """The source of an overlay's edges.

    Raises:
        UsageError: no overlay can have that name.
    """
    if not _NAME.fullmatch(name) or name.lower() == NO_OVERLAY:
        raise UsageError(
            f"No overlay can be named '{name}'.",
            "Take up to 63 letters, digits, _ and -, beginning with a letter or digit; 'none' means none.",
        )
    return _PREFIX + name


def is_private(source: str) -> bool:
    """Whether a source is an overlay."""
    return source.startswith(_PREFIX)


def overlay_of(source: str) -> str:
    """The name of the overlay that a private source is."""
    return source.removeprefix(_PREFIX)


def chosen_overlays(said: str) -> tuple[str, ...]:
    """The names in a choice such as `lab`, `lab,clinic`, `none` or "", each once, in order.

    Raises:
        UsageError: one of them can't be a name, or `none` is named beside others.
    """
    names = [name.strip() for name in said.split(",")] if said.strip() else []
    if names == [NO_OVERLAY]:
        return ()
    for name in names:
        overlay_source(name)
    return tuple(dict.fromkeys(names))
