"""The mark of KEDRec's own nodes and relationships in a Neo4j database, which others may use too.

A node has the label of its kind, as people write it, and a second one that only KEDRec sets
(`:Drug:KedrecDrug`), on which its constraint lies. A relationship has the property `kedrec`. What doesn't
bear the mark is another program's: it is neither read nor counted, changed or deleted.

Statements that read are written without the mark, so that both engines run them; `marked` adds it for a
server.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from kedrec.errors import AssetError
from kedrec.stores.base import EDGE_COLUMNS, NODE_COLUMNS

__all__ = ["EDGE_PROPERTIES", "MARK", "MARK_FACT", "NODE_PROPERTIES", "PREFIX", "marked"]

MARK = "kedrec"
"""Property of every relationship that KEDRec wrote; its value is true."""
PREFIX = "Kedrec"
"""What is put before a kind for the label that only KEDRec sets."""
MARK_FACT = "_mark"
"""Metadata key of a graph whose nodes and relationships bear the mark."""
NODE_PROPERTIES = tuple(NODE_COLUMNS.names)
"""Properties of a node that KEDRec writes."""
EDGE_PROPERTIES = (*(name for name in EDGE_COLUMNS.names if name not in {"start", "end"}), MARK)
"""Properties of a relationship that KEDRec writes."""

_NODE = re.compile(r"\((\w*):([^\s(){}]+)")
_STEP = re.compile(r"-\[(\w*)((?::[^\[\]{}*\s]+)?)((?:\*[\d.]*)?)\s*(?:\{([^{}]*)\})?\]-")
_BARE = re.compile(r"\)\s*<?--+>?\s*\(")


def marked(name: str, text: str, kinds: Collection[str]) -> str:
    """A reading statement in which every node and step is one of KEDRec's own.

    Args:
        name: the statement's, for an error.
        text: it.
        kinds: the schema's kinds.

    Raises:
        AssetError: it has a step without brackets, which can't bear a mark.
    """

    def label(match: re.Match[str]) -> str:
        wanted = (
            f"`{PREFIX}{each.strip('`')}`" if each.strip("`") in kinds else each
            for each in match[2].split("|")
        )
        return f"({match[1]}:{'|'.join(wanted)}"

    def step(match: re.Match[str]) -> str:
        more = f", {match[4].strip()}" if match[4] else ""
        given = "" if match[4] and f"{MARK}:" in match[4] else f"{MARK}: true{more}"
        return f"-[{match[1]}{match[2]}{match[3]} {{{given or match[4]}}}]-"

    lines = [
        line if line.lstrip().startswith("//") else _STEP.sub(step, _NODE.sub(label, line))
        for line in text.splitlines()
    ]
    if any(_BARE.search(line) for line in lines if not line.lstrip().startswith("//")):
        raise AssetError(f"cypher/{name}.cypher has a step without brackets.", "Write it as -[r]-.")
    return "\n".join(lines) + "\n"
