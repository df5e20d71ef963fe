"""Converters of JSON and YAML values to text; a value of another type raises TypeError."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["text_of", "texts_of"]


def text_of(value: Any) -> str:
    """Converts a string or a finite number to text; "" for null and false.

    Raises:
        TypeError: it is a list, an object, true or infinite, or contains NUL.
    """
    if value is None or value is False:
        return ""
    if isinstance(value, str):
        if "\0" in value:
            raise TypeError("the character NUL in a text")
        return value
    if isinstance(value, int) and value is not True:
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(value)
    raise TypeError(f"{type(value).__name__} where text should be")


def texts_of(value: Any) -> tuple[str, ...]:
    """Converts a list to texts, omitting empty ones; empty for null.

    Raises:
        TypeError: it isn't a list, or an item isn't text.
    """
    if value is None:
        return ()
    if not isinstance(value, list):
        raise TypeError(f"{type(value).__name__} where a list should be")
    return tuple(text for item in value if (text := text_of(item)))
