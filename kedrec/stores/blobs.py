"""Encodes bytes stored with a graph as rows of text, since the engines' binary types differ."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["blob_rows", "join_parts"]

_CHARACTERS = 1 << 20
"""Characters of a part: a server holds a part in memory for each connection."""


def blob_rows(name: str, content: bytes) -> Iterator[dict[str, Any]]:
    """Rows (key, name, part, content) that store `content` under a name."""
    text = base64.b64encode(content).decode("ascii")
    for part, offset in enumerate(range(0, max(len(text), 1), _CHARACTERS)):
        yield {
            "key": f"{name}#{part}",
            "name": name,
            "part": part,
            "content": text[offset : offset + _CHARACTERS],
        }


def join_parts(rows: Sequence[Mapping[str, Any]]) -> bytes | None:
    """The content of rows ordered by part; None if there are no rows."""
    if not rows:
        return None
    return base64.b64decode("".join(row["content"] for row in rows))
