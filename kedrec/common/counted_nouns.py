"""Numbers with their nouns, in the singular or the plural."""

from __future__ import annotations

__all__ = ["counted"]


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number with its noun: "1 path", "1,200 paths".

    Args:
        count: the number, 0 or more.
        noun: the noun in the singular.
        plural: its plural; "" for the noun with an s.
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
