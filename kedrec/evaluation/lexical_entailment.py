"""A second opinion on claims, of another kind than the gate: names and negative words, no grammar.

A claim follows from the paths that it cites if every name of the pair's evidence in it is a node of them and
stands beside a neighbour on its path; if it denies and doubts nothing, and has no number of its own; and if
it has as many words of decrease as the links between these nodes have in the schema's wordings, odd or even;
where it joins names by "and", links along the same step of paths that are alike have their words in common.
Which way a link runs isn't looked at, nor what is given as a reason.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from kedrec.common.plain_text import shown_name
from kedrec.evidence.verbalize import step_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kedrec.types import Entity, Evidence, Path

__all__ = ["follows"]

_DECREASE = re.compile(
    r"\b(?:inhibit|block|antagoni|suppress|reduc|lower|decreas|dampen|negativ|invers|disrupt|degrad|chelat"
    r"|deplet|silenc|destroy|counteract|neutrali|diminish|prevent|restrain|break|broken|less\b)",
    re.IGNORECASE,
)
_DENIED_OR_NUMBERED = re.compile(r"\b(?:not|never|no|hardly|unlikely|nor)\b|n't\b|\d", re.IGNORECASE)
_LIST = re.compile(r"_\s+and\s+_")
_DRUG_AGAIN = re.compile(r"\b(?:it|the drug)\b", re.IGNORECASE)


def follows(claim: str, cited: Sequence[Evidence], evidence: Iterable[Evidence]) -> bool:
    """True for a claim that follows from the paths it cites, as far as its names and negative words tell.

    Args:
        claim: the sentence without its citations.
        cited: what it cites; items without a path are passed over.
        evidence: all evidence of the pair.
    """
    paths = [item.path for item in cited if item.path is not None]
    if not paths:
        return False
    nodes = {node.id: node for path in paths for node in path.nodes}
    others = {node.id: node for item in evidence if item.path is not None for node in item.path.nodes}
    named, remainder = _named(
        claim, [*nodes.values(), *(others[id_] for id_ in others.keys() - nodes.keys())]
    )
    if _DRUG_AGAIN.search(remainder):
        named.add(paths[0].nodes[0].id)
    ends = {paths[0].nodes[0].id, paths[0].nodes[-1].id}
    if not named <= nodes.keys() or _DENIED_OR_NUMBERED.search(remainder):
        return False
    links = {
        (start.id, end.id): (path, step)
        for path in paths
        for step, (start, end) in enumerate(pairwise(path.nodes))
    }
    told = {ends_of: position for ends_of, position in links.items() if named.issuperset(ends_of)}
    if not told or not named <= ends.union(*told):
        return False
    positions = list(told.values())
    if _LIST.search(remainder):
        positions = list({(step, path.wording_keys): (path, step) for path, step in positions}.values())
    expected = sum(_decreases(path, step) for path, step in positions)
    return len(_DECREASE.findall(remainder)) % 2 == expected % 2


def _named(text: str, nodes: Iterable[Entity]) -> tuple[set[str], str]:
    """The ids of the nodes whose names the text holds, longer names first, and the text without the names.

    Of nodes with the same name the first is taken.
    """
    named: set[str] = set()
    for node in sorted(nodes, key=lambda node: -len(shown_name(node.name))):
        pattern = rf"(?<!\w){re.escape(shown_name(node.name))}(?!\w)"
        text, count = re.subn(pattern, " _ ", text, flags=re.IGNORECASE)
        if count:
            named.add(node.id)
    return named, text


def _decreases(path: Path, step: int) -> int:
    """Number of words of decrease in a link's own sentence, without those in names."""
    _, remainder = _named(step_sentence(path, step), path.nodes)
    return len(_DECREASE.findall(remainder))
