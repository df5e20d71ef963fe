"""Whether a pair is news, and what speaks against it."""

from __future__ import annotations

from typing import Literal

from kedrec.types.base import Frozen, Probability
from kedrec.types.graph import Entity, Evidence

__all__ = ["Badge", "PredictedSideEffect", "Safety", "SideEffect"]


class Badge(Frozen):
    """What was known of a pair before it was ranked: whether a high score is news.

    Attributes:
        standing: the first of these that holds.
            `known`: a source of the graph that was asked states Drug TREATS Disease.
            `learned`: none states it, but the graph the ranking learned from says something next to it:
            the drug relieves the disease's symptoms (Drug PALLIATES Disease), or one curated mechanism has
            a whole path from the drug to the disease. The pair's own edges of this kind were hidden while
            it was scored, like TREATS.
            `new`: neither. What the pair's evidence rests on may still be old news elsewhere.
        sources: the sources that state it, sorted; () where it is new.
        note: the standing as one sentence.
    """

    standing: Literal["known", "learned", "new"]
    sources: tuple[str, ...] = ()
    note: str


class SideEffect(Frozen):
    """Something that a drug is known to cause.

    Attributes:
        effect: a SideEffect, a Symptom or a Disease.
        drugs: how many drugs of the graph cause it: few means that it is special to the drug.
        worsens: the symptom of the disease, or the disease, that goes by the same name; None where there is
            none. Then the drug may bring about what it is to treat.
    """

    effect: Entity
    drugs: int
    sources: tuple[str, ...] = ()
    worsens: Entity | None = None


class PredictedSideEffect(Frozen):
    """Something that similar drugs cause and no source says of this one: a prediction, not a statement.

    Attributes:
        probability: that a source would list it, from the drugs that share targets or classes with this one.
        usual: the share of all drugs that cause it.
        because: the similar drugs that count most, likest first.
        worsens: as in `SideEffect`.
    """

    effect: Entity
    probability: Probability
    usual: Probability
    because: tuple[Entity, ...]
    worsens: Entity | None = None


class Safety(Frozen):
    """What speaks against giving a drug in a disease, beside what speaks for it.

    Attributes:
        contraindication: how the graph knows one: `direct`; `inherited` from a broader disease; `subtype`:
            for a kind of the disease alone; `look-alike`: for a disease that presents with most of the same
            symptoms, which is weak. "" where it knows none. Only the first two make a drug contraindicated.
        paths: where it is told: ids of `Recommendation.adverse` (`A1`) and `cautions` (`C1`), gravest first.
        cautions: the paths of `subtype` and `look-alike`.
        side_effects: how many side effects the graph lists for the drug.
        worsening: those that the disease itself presents, or is.
        specific: those that the fewest drugs have.
        predicted: what similar drugs cause, those that would worsen the disease first.
    """

    contraindication: Literal["direct", "inherited", "subtype", "look-alike", ""] = ""
    paths: tuple[str, ...] = ()
    cautions: tuple[Evidence, ...] = ()
    side_effects: int = 0
    worsening: tuple[SideEffect, ...] = ()
    specific: tuple[SideEffect, ...] = ()
    predicted: tuple[PredictedSideEffect, ...] = ()

    @property
    def contraindicated(self) -> bool:
        """Whether the drug is contraindicated in the disease, or in one that it is a kind of."""
        return self.contraindication in {"direct", "inherited"}
