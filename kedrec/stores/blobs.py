"""Bytes that the loader keeps with a graph, as rows of text: engines differ in what they take as bytes."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["joined", "parts"]

_CHARACTERS = 1 << 20
"""Characters of a part: a server holds one whole in memory for each connection."""


def parts(name: str, content: bytes) -> Iterator[dict[str, Any]]:
    """The rows (key, name, part, content) that hold `content` under a name."""
    text = base64.b64encode(content).decode("ascii")
    for part, offset in enumerate(range(0, max(len(text), 1), _CHARACTERS)):
        yield {
            "key": f"{name}#{part}",
            "name": name,
            "part": part,
            "content": text[offset : offset + _CHARACTERS],
        }


def joined(rows: Sequence[Mapping[str, Any]]) -> bytes | None:
    """The content of rows ordered by part; None where there is none."""
    if not rows:
        return None
    return base64.b64decode("".join(row["content"] for row in rows))
