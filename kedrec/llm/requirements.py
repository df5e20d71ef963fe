"""Checks that optional libraries have the names that KEDRec uses, and reports missing ones.

These libraries are young and rename things between releases. Checked when a model is opened, a missing name
is one clear message; unchecked, it would be an error in the middle of the work.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable

from kedrec.errors import ModelError

__all__ = ["TESTED", "missing_names", "require_names"]

TESTED = {
    "xllamacpp": "2026.10.11549",
    "transformers": "5.24.0",
    "peft": "0.21.2",
    "trl": "1.16.0",
    "torch": "2.15.0",
}
"""Releases that KEDRec was last tested with."""


def missing_names(owner: object, names: Iterable[str]) -> list[str]:
    """Returns the dotted names that `owner` doesn't have."""
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
    """Checks that a library, or an object of it, has the given names.

    Args:
        library: the package's name, as in `TESTED`.
        of: name of `owner` within the library, "" for the library itself.

    Raises:
        ModelError: a name is missing; the message has it, the installed and the tested release.
    """
    missing = missing_names(owner, names)
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
