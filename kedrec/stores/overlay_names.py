"""Names of private overlays: a user's own edges, of the source `overlay:NAME`, beside the public ones."""

from __future__ import annotations

import re

from kedrec.errors import UsageError

__all__ = ["NO_OVERLAY", "is_private", "overlay_name", "overlay_source", "parse_overlays"]

NO_OVERLAY = "none"
"""Word for a choice without overlays."""
_PREFIX = "overlay:"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


def overlay_source(name: str) -> str:
    """The source of an overlay's edges.

    Raises:
        UsageError: the name is not allowed.
    """
    if not _NAME.fullmatch(name) or name.lower() == NO_OVERLAY:
        raise UsageError(
            f"No overlay can be named '{name}'.",
            "Take up to 63 letters, digits, _ and -, beginning with a letter or digit; 'none' means none.",
        )
    return _PREFIX + name


def is_private(source: str) -> bool:
    """True if a source is an overlay."""
    return source.startswith(_PREFIX)


def overlay_name(source: str) -> str:
    """The overlay's name in a private source."""
    return source.removeprefix(_PREFIX)


def parse_overlays(choice: str) -> tuple[str, ...]:
    """The distinct names in a choice such as `lab`, `lab,clinic`, `none` or "", in order.

    Raises:
        UsageError: a name is not allowed, or `none` is combined with others.
    """
    names = [name.strip() for name in choice.split(",")] if choice.strip() else []
    if names == [NO_OVERLAY]:
        return ()
    for name in names:
        overlay_source(name)
    return tuple(dict.fromkeys(names))
