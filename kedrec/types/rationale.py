"""What is written of a pair, sentence by sentence, and what the grounding gate found."""

from __future__ import annotations

from typing import Literal

from kedrec.types.base import Frozen, Probability

__all__ = ["Citation", "Claim", "Rationale"]


class Citation(Frozen):
    """A reference of a claim to a piece of evidence by its id."""

    id: str
    known: bool = True
    """False where no evidence has this id."""
    private: bool = False
    """Whether the evidence rests on an edge of a private overlay."""

    def __str__(self) -> str:
        """As it stands in a text: `[P1]`, or `[P1, private]`."""
        return f"[{self.id}, private]" if self.private else f"[{self.id}]"


class Claim(Frozen):
    """One sentence of a rationale and what the grounding gate found.

    Attributes:
        text: the sentence without its citations.
        status: `holds`, or `struck` with `reason`.
        reason: why it was struck, as a sentence; "" where it holds.
    """

    text: str
    citations: tuple[Citation, ...] = ()
    status: Literal["holds", "struck"]
    reason: str = ""


class Rationale(Frozen):
    """Why a drug could treat a disease.

    Attributes:
        origin: `llm`: the claims are the model's words. `evidence`: nothing the model wrote held (or
            no model was asked), and the claims are the verbalized evidence itself.
        claims: every sentence, struck ones included, in the order written.
        precision: share of the model's claims that hold; None where it made none.
        coverage: share of the evidence weight that holding claims cite, 0 to 1.
        model: the model that wrote it, "" for `evidence`.
        note: why the origin is `evidence`, "" for `llm`.
        unread: ids of evidence that the model wasn't given: what its context couldn't hold, or paths longer
            than it was tuned on. Texts that aren't given to a model at all (`Manifest.texts`) aren't listed.
    """

    origin: Literal["llm", "evidence"]
    claims: tuple[Claim, ...] = ()
    precision: Probability | None = None
    coverage: Probability = 0.0
    model: str = ""
    note: str = ""
    unread: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The sentences that hold, each with its citations."""
        return " ".join(
            claim.text.rstrip(".") + " " + "".join(map(str, claim.citations)) + "."
            for claim in self.claims
            if claim.status == "holds"
        )
