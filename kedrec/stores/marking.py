"""The mark of KEDRec's own nodes and relationships in a Neo4j database shared with other programs.

A node has the label of its kind and a second one that only KEDRec sets (`:Drug:KedrecDrug`), which its
constraint is on. A relationship has the property `kedrec`. Unmarked nodes and relationships belong to other
programs: they are neither read nor counted, changed or deleted.

The texts of reading statements have no mark, so that both engines run them; `add_marks` adds it for a
server.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from kedrec.errors import AssetError
from kedrec.stores.base import EDGE_COLUMNS, NODE_COLUMNS

__all__ = ["EDGE_PROPERTIES", "LABEL_PREFIX", "MARK_FACT", "MARK_PROPERTY", "NODE_PROPERTIES", "add_marks"]

MARK_PROPERTY = "kedrec"
"""Property of every relationship that KEDRec writes; its value is true."""
LABEL_PREFIX = "Kedrec"
"""Prefix of a kind in the label that only KEDRec sets."""
MARK_FACT = "_mark"
"""Metadata key of a graph whose nodes and relationships have the mark."""
NODE_PROPERTIES = tuple(NODE_COLUMNS.names)
"""Properties of a node that KEDRec writes."""
EDGE_PROPERTIES = (*(name for name in EDGE_COLUMNS.names if name not in {"start", "end"}), MARK_PROPERTY)
"""Properties of a relationship that KEDRec writes."""

_NODE = re.compile(r"\((\w*):([^\s(){}]+)")
_STEP = re.compile(r"-\[(\w*)((?::[^\[\]{}*\s]+)?)((?:\*[\d.]*)?)\s*(?:\{([^{}]*)\})?\]-")
_BARE = re.compile(r"\)\s*<?--+>?\s*\(")


def add_marks(name: str, text: str, kinds: Collection[str]) -> str:
    """Restricts every node and step of a reading statement to KEDRec's own.

    Args:
        name: the statement's name, for an error.
        text: the statement.
        kinds: the schema's kinds.

    Raises:
        AssetError: the statement has a step without brackets, which has no room for the mark.
    """

    def label(match: re.Match[str]) -> str:
        labels = (
            f"`{LABEL_PREFIX}{name.strip('`')}`" if name.strip("`") in kinds else name
            for name in match[2].split("|")
        )
        return f"({match[1]}:{'|'.join(labels)}"

    def step(match: re.Match[str]) -> str:
        properties = f", {match[4].strip()}" if match[4] else ""
        with_mark = (
            "" if match[4] and f"{MARK_PROPERTY}:" in match[4] else f"{MARK_PROPERTY}: true{properties}"
        )
        return f"-[{match[1]}{match[2]}{match[3]} {{{with_mark or match[4]}}}]-"

    lines = [
        line if line.lstrip().startswith("//") else _STEP.sub(step, _NODE.sub(label, line))
        for line in text.splitlines()
    ]
    if any(_BARE.search(line) for line in lines if not line.lstrip().startswith("//")):
        raise AssetError(f"cypher/{name}.cypher has a step without brackets.", "Write it as -[r]-.")
    return "\n".join(lines) + "\n"
