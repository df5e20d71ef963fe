"""Hostile values, lines and nesting that `hostile_files` puts into sound files."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["DEPTH", "JSON_OF_PLACEHOLDERS", "LINES", "LONG_TEXT", "VALUES"]

LONG_TEXT = "x" * 20_000_000
DEPTH = 100_000
"""Levels of nesting."""


def _deep(kind: str) -> Any:
    return f"\x00deep {kind}\x00"


VALUES: tuple[tuple[str, Any], ...] = (
    ("a list", ["x"]),
    ("an object", {"a": "b"}),
    ("half a character", "a \ud800"),
    ("null", None),
    ("true", True),
    ("twenty digits", 12345678901234567890),
    ("a negative number", -7),
    ("infinity", float("inf")),
    ("nan", float("nan")),
    ("NUL", "a\0b"),
    ("an escape", "\x1b[2J"),
    ("a long text", LONG_TEXT),
    ("nothing", ""),
    ("an empty list", []),
    ("5,000 digits", "\x00digits\x00"),
    ("a deep list", _deep("list")),
    ("a deep object", _deep("object")),
    ("an object of objects", {"a": {"b": [{"c": [None]}]}}),
    ("a list of all", [None, 1, "x", [], {}]),
)
"""Values with their names."""
JSON_OF_PLACEHOLDERS = {
    json.dumps("\x00digits\x00"): "9" * 5000,
    json.dumps(_deep("list")): "[" * DEPTH + "]" * DEPTH,
    json.dumps(_deep("object")): '{"a":' * DEPTH + "1" + "}" * DEPTH,
}
"""JSON that stands for a placeholder among the values: Python can't build or write it."""

LINES = {
    "doid": [
        "import: http://127.0.0.1:8001/x.obo",
        "is_a: BFO:1",
        "synonym: x",
        'synonym: "x" EXACT OMO:1 []',
        "xref:",
        "relationship: a b c",
        "is_obsolete: maybe",
        "alt_id: DOID:2",
        "replaced_by: DOID:9",
        "[",
        "[Term",
        "date: x",
        "\u2028",
        "name: other",
        "def: x",
        "is_a: DOID:3",
        "\0",
        "consider:",
        "comment: " + "x" * 17_000_000,
    ],
    "drugmechdb": [
        "  again: *a",
        "  a0: &a0 [x, x]\n"
        + "".join(f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)),
        "  deep: " + "[" * DEPTH,
        "  deep: " + "{a: " * DEPTH,
        "  x: [",
        "  directed: 1",
        "  ? [a]\n  : b",
        "  x: !!python/object/apply:os.system [ls]",
        '  x: "\\ud800"',
        "\0",
        "---",
        "  - y",
        "  x: " + "y" * 17_000_000,
        "  nodes: x",
        "  reference: {a: b}",
    ],
}
LINES["mondo"] = [line.replace("DOID", "MONDO") for line in LINES["doid"]]
"""By source, lines to add inside a record."""
