"""Looks whether a library still has what KEDRec uses of it, and names what it lacks.

These libraries are young and change their names between releases. A release without a name would fail
somewhere in the middle with an error of its own; looked at when a model is opened, it is one message.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable

from kedrec.errors import ModelError

__all__ = ["TESTED", "lacking", "require_names"]

TESTED = {
    "xllamacpp": "2026.10.11549",
    "transformers": "5.24.0",
    "peft": "0.21.2",
    "trl": "1.16.0",
    "torch": "2.15.0",
}
"""The releases that KEDRec was last tested with."""


def lacking(owner: object, names: Iterable[str]) -> list[str]:
    """The names, with dots for attributes of attributes, that `owner` doesn't have."""
    missing = []
    for name in names:
        value: object = owner
        for part in name.split("."):
            if not hasattr(value, part):
                missing.append(name)
                break
            value = getattr(value, part)
    return missing


def require_names(library: str, owner: object, names: Iterable[str], *, of: str = "") -> None:
    """Checks that `owner`, a library or an object of it, has the names that are used.

    Args:
        library: the package's name, as in `TESTED`.
        of: what `owner` is of the library, "" for the library itself.

    Raises:
        ModelError: it lacks one; says which, the installed and the tested release.
    """
    missing = lacking(owner, names)
    if missing:
        try:
            installed = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            installed = "of an unknown release"
        prefix = f"{of}." if of else ""
        raise ModelError(
            f"The installed {library} {installed} has no {', '.join(prefix + name for name in missing[:5])}, "
            f"which KEDRec uses; it was tested with {library} {TESTED[library]}.",
            f"Install the tested release: pip install '{library}=={TESTED[library]}'.",
        )
