"""Finds sentences that say nothing new: all of their links were stated before, by sentences that hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kedrec.grounding.claim_statements import ClaimStatement, Reading
    from kedrec.types import Evidence

__all__ = ["SaidLinks"]

_Link = tuple[str, frozenset[str]]
"""A step of a path in either direction: its relation and the ids of its ends."""


class SaidLinks:
    """The links that the sentences of a rationale have stated so far."""

    def __init__(self) -> None:
        self._links: set[_Link] = set()

    def add(self, reading: Reading | None, cited: Sequence[Evidence]) -> bool:
        """Adds the links of a sentence that holds; False for one that says nothing new.

        It says nothing new if every link of it was stated before, and no verdict is in it.

        Args:
            reading: the sentence; None for one in the cited items' own words.
            cited: the items that it cites.
        """
        if reading is None:
            stated = [{link} for item in cited for link in _links(item)]
        else:
            facts = [one for one in reading.statements if not one.verdict]
            stated = [_links_of(fact, cited) for fact in facts]
            if len(facts) < len(reading.statements):
                self._links.update(*(links for links in stated if len(links) == 1))
                return True
        if stated and all(links and links <= self._links for links in stated):
            return False
        # Where several steps fit, it isn't known which one was meant.
        self._links.update(*(links for links in stated if len(links) == 1))
        return True


def _links(item: Evidence) -> Iterable[_Link]:
    if item.path is None:
        return
    for position, step in enumerate(item.path.steps):
        yield step.relation, frozenset(node.id for node in item.path.nodes[position : position + 2])


def _links_of(statement: ClaimStatement, cited: Sequence[Evidence]) -> set[_Link]:
    """The steps of the cited paths that a statement may be of."""
    pairs = {frozenset((first, second)) for first in statement.subject.ids for second in statement.object.ids}
    return {link for item in cited for link in _links(item) if link[1] in pairs}
