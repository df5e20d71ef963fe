"""The callback through which long work reports its progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Progress"]

Progress: TypeAlias = Callable[[str, int, "int | None"], None]
"""Called with the name of the stage, how much of it is done, and how much there is (None: not known)."""
