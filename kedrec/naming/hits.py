"""Hits of a name query: how a stored name matches the text, how sure that is, and their order."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedrec.common.plain_text import normal_name
from kedrec.naming.normalize import Forms, compact_form, is_reordering, normal_forms
from kedrec.naming.wordings import HEADING, PREFERRED, SYNONYM
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.types import NameMatch

__all__ = [
    "MIN_SURE_SCORE",
    "SCORES",
    "TIERS",
    "Hit",
    "best_per_entity",
    "equal_candidates",
    "general_first",
    "match_type",
]

MIN_SURE_SCORE = 87.0
"""Matches from this score on are the name itself, in one writing or another; others only resemble it."""

SCORES = {
    "id": 100.0,
    "cross-reference": 100.0,
    "name": 100.0,
    "case": 99.0,
    "synonym": 98.0,
    "spelling": 95.0,
    "plural": 93.0,
    "word order": 91.0,
    "wording": 89.0,
    "other source's name": 89.0,
    "salt form": 88.0,
    "other name": MIN_SURE_SCORE,
    "vocabulary tag": MIN_SURE_SCORE,
}
"""The types of match, from the surest on, with their scores.

`resolve` takes the first type that has a match and requires it to be one entity."""

TIERS = {why: tier for tier, why in enumerate(SCORES)}
"""The rank of each type of match; 0 is the surest."""
TIERS["other name"] = TIERS["salt form"]

_AS_WRITTEN = frozenset({"name", "case"})
_SAME_WORDS = frozenset({TIERS["spelling"], TIERS["word order"]})
_AS_SPELLED = frozenset({(TIERS["synonym"], SYNONYM), (TIERS["spelling"], SYNONYM)})


@dataclass(frozen=True, slots=True)
class Hit:
    """One stored name or id that matches.

    Attributes:
        tier: rank of its type of match; 0 is the surest.
        standing: standing of the stored name (`wordings`).
        match: what a caller gets.
    """

    tier: int
    standing: int
    match: NameMatch

    @property
    def order(self) -> tuple[int, int, int, str, str]:
        """Sort key, best first."""
        entity = self.match.entity
        return *self.closeness, _kind_order(entity.kind), entity.id, self.match.matched

    @property
    def closeness(self) -> tuple[int, int]:
        """Sort key of a match: the closest text first, then the name of the best standing.

        A salt's base and a name that shares no word are equally far, whatever the standing.
        """
        return self.tier, self.standing if self.tier < TIERS["salt form"] else PREFERRED

    @property
    def is_id(self) -> bool:
        """True if the text is an id or a cross-reference of the entity."""
        return self.match.why in ("id", "cross-reference")

    def by_other_name(self) -> Hit:
        """The same hit for a text that is another name of what was looked up."""
        update = {"why": "other name", "score": SCORES["other name"]}
        return Hit(TIERS["other name"], self.standing, self.match.model_copy(update=update))

    def with_tag(self) -> Hit:
        """The same hit for a text that has a vocabulary's tag besides."""
        why = "vocabulary tag" if self.match.why in _AS_WRITTEN else f"vocabulary tag, {self.match.why}"
        update = {"why": why, "score": SCORES["vocabulary tag"]}
        return Hit(self.tier, self.standing, self.match.model_copy(update=update))


def _kind_order(kind: str) -> int:
    return list(load_schema().kinds).index(kind)


def equal_candidates(hits: Sequence[Hit]) -> list[Hit]:
    """The hits that fit the text equally well, one an entity: within a kind, the closest.

    A name exactly as written stands for an entity of each kind that has it; written otherwise, for the
    closest only.
    """
    closest_by_kind = [
        _closest_of_kind([hit for hit in hits if hit.match.entity.kind == kind], kind)
        for kind in {hit.match.entity.kind for hit in hits}
    ]
    exact = TIERS["synonym"]
    closest = min((hits_of_kind[0].tier for hits_of_kind in closest_by_kind), default=0)
    return best_per_entity(
        hit
        for hits_of_kind in closest_by_kind
        for hit in hits_of_kind
        if hit.tier == closest or (hit.tier <= exact and closest <= exact)
    )


def _closest_of_kind(hits: Sequence[Hit], kind: str) -> list[Hit]:
    """The closest hits within a kind, of which there is one at least.

    Where vocabularies name the kind, one's own name in other spelling or order is closer than another
    entity's synonym as it is written, but for punctuation: `Diabetes mellitus type 2`.
    """
    best = min(hit.closeness for hit in hits)
    closest = [hit for hit in hits if hit.closeness == best]
    if best not in _AS_SPELLED or not load_schema().kinds[kind].names:
        return closest
    named = [hit for hit in hits if hit.standing <= HEADING and hit.tier in _SAME_WORDS]
    if not named:
        return closest
    entities = {hit.match.entity for hit in named}
    nearest = min(hit.closeness for hit in named)
    return [hit for hit in closest if hit.match.entity in entities] or [
        hit for hit in named if hit.closeness == nearest
    ]


def best_per_entity(hits: Iterable[Hit]) -> list[Hit]:
    """The best hit of each entity, best first."""
    best: dict[tuple[str, str], Hit] = {}
    for hit in sorted(hits, key=lambda hit: hit.order):
        best.setdefault((hit.match.entity.kind, hit.match.entity.id), hit)
    return list(best.values())


def general_first(hits: Sequence[Hit]) -> list[Hit]:
    """The hits, those first whose entity's name doesn't begin with another's: a disease before its types."""
    names = [f"{normal_name(hit.match.entity.name)} " for hit in hits]

    def more_general(index: int) -> int:
        return sum(names[index].startswith(name) and name != names[index] for name in names)

    return [hits[index] for index in sorted(range(len(hits)), key=more_general)]


def match_type(text: str, text_forms: Forms, stored: str, *, salted: bool) -> str:
    """The type of match between a text and a stored name; "" where they differ (equal hashes apart).

    Args:
        text: the query.
        text_forms: its forms.
        stored: the stored name.
        salted: whether the entity's kind has names with salts.
    """
    composed = " ".join(unicodedata.normalize("NFC", stored).split())
    if composed.casefold() == text.casefold():
        return "name" if composed == text else "case"
    stored_forms = normal_forms(stored)
    why = ""
    if compact_form(stored_forms.words) == compact_form(text_forms.words):
        why = (
            "spelling" if compact_form(stored_forms.spelled) == compact_form(text_forms.spelled) else "plural"
        )
    elif text_forms.bag and stored_forms.bag == text_forms.bag:
        why = "word order" if is_reordering(stored_forms, text_forms) else "wording"
    elif salted and text_forms.base and compact_form(stored_forms.base) == compact_form(text_forms.base):
        why = "salt form"
    return why
