"""Takes text out of JSON or YAML that others wrote: what is no text where text should be refuses the row."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["text_of", "texts_of"]


def text_of(value: Any) -> str:
    """A string, or a finite number as one; "" for null and false.

    Raises:
        TypeError: it is a list, an object, true or infinite, or has the character NUL, which no text has.
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
    """A list of strings without empty ones; none for null.

    Raises:
        TypeError: it is no list of such.
    """
    if value is None:
        return ()
    if not isinstance(value, list):
        raise TypeError(f"{type(value).__name__} where a list should be")
    return tuple(found for item in value if (found := text_of(item)))
