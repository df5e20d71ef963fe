"""Types of a rationale: its sentences, their citations and the grounding gate's verdicts."""

from __future__ import annotations

from typing import Literal

from kedrec.types.base import Frozen, Probability

__all__ = ["Citation", "Claim", "Rationale"]


class Citation(Frozen):
    """A claim's reference to a piece of evidence by its id."""

    id: str
    known: bool = True
    """False if no evidence has this id."""
    private: bool = False
    """True if the evidence includes an edge of a private overlay."""

    def __str__(self) -> str:
        """The citation in a text: `[P1]`, or `[P1, private]`."""
        return f"[{self.id}, private]" if self.private else f"[{self.id}]"


class Claim(Frozen):
    """One sentence of a rationale and the grounding gate's verdict.

    Attributes:
        text: the sentence without its citations.
        status: `holds`, or `struck` with `reason`.
        reason: the reason for striking it, as a sentence; "" if it holds.
    """

    text: str
    citations: tuple[Citation, ...] = ()
    status: Literal["holds", "struck"]
    reason: str = ""


class Rationale(Frozen):
    """Explanation of a drug's possible effect in a disease.

    Attributes:
        origin: `llm`: the claims are the model's words. `evidence`: none of the model's claims held (or
            no model was used), and the claims are the verbalized evidence itself.
        claims: every sentence, struck ones included, in the order of the text.
        precision: share of the model's claims that hold; None without claims.
        coverage: share of the evidence weight cited by claims that hold, 0 to 1.
        model: name of the model; "" for `evidence`.
        note: reason for the origin `evidence`; "" for `llm`.
        unread: ids of evidence omitted from the prompt: it exceeds the model's context, or its path is longer
            than those the model was tuned on. Texts that no model is given (`Manifest.texts`) aren't listed.
        drafts: number of texts that the model wrote for this one, parts of it counted: where a sentence was
            struck, or evidence not cited yet, it was asked again; 0 for no model.
        reworded: number of verdicts in the model's text whose verb was replaced by that which the pair's
            probability and evidence call for ("may help in" by "might be worth studying in").
        repeats: number of struck claims that only say again what an earlier one says.
    """

    origin: Literal["llm", "evidence"]
    claims: tuple[Claim, ...] = ()
    precision: Probability | None = None
    coverage: Probability = 0.0
    model: str = ""
    note: str = ""
    unread: tuple[str, ...] = ()
    drafts: int = 0
    reworded: int = 0
    repeats: int = 0

    @property
    def text(self) -> str:
        """The sentences that hold, each with its citations."""
        return " ".join(
            claim.text.rstrip(".") + " " + "".join(map(str, claim.citations)) + "."
            for claim in self.claims
            if claim.status == "holds"
        )
