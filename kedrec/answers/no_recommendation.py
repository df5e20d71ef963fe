"""Sentences for a question, or a pair, that gets no recommendation; the caller decides which one applies."""

from __future__ import annotations

__all__ = [
    "no_candidate",
    "no_path",
    "none_above_base_rate",
    "none_suitable",
    "not_enough",
    "opposed_action",
    "unlikely",
]


def unlikely(probability: float, *, is_association: bool) -> str:
    """The reason why a drug of this probability, 0 to 1, isn't recommended.

    Args:
        probability: that it is a treatment.
        is_association: whether no more is known than things that occur together.
    """
    known = "No mechanism and no analogy is known, and it" if is_association else "It"
    return f"{known} is unlikely to be a treatment (probability {probability:.2g})."


def none_suitable(noun: str, name: str, rank: int, reason: str) -> str:
    """The sentence for a question of which every pair with a path was passed over.

    Args:
        noun: the ranked kind: `drug`, `disease`.
        name, rank, reason: the best of these pairs, its rank from 1, and the sentence why it was passed over.
    """
    return f"No {noun} is recommended. The best with a path is {name}, rank {rank:,}: {reason}"


def not_enough(reason: str) -> str:
    """The sentence for a question that the graph has too little for."""
    return f"Not enough in the graph: {reason}."


def no_path(drug: str, disease: str) -> str:
    """The sentence for a pair without a path that is a reason."""
    return not_enough(f"no path from {drug} to {disease} that is a reason")


def opposed_action(drug: str, disease: str) -> str:
    """The sentence for a pair for which nothing speaks, and against which the drug's action does."""
    return f"Nothing in the graph speaks for {drug} in {disease}, and what it does may worsen it."


def no_candidate(noun: str, known: int, hidden: int, others: int = 0, status: int = 0) -> str:
    """The sentence for a question all of whose candidates were left out as asked.

    Args:
        noun: `drug` or `disease`.
        known: how many known treatments were left out.
        hidden: how many contraindicated ones were left out.
        others: how many have nothing that speaks for them.
        status: how many were left out for their clinical status; not all three are 0.
    """
    reasons = []
    if known:
        treatments = "a known treatment" if known == 1 else "known treatments"
        reasons.append(f"{known:,} {'is' if known == 1 else 'are'} {treatments}, and left out as asked")
    if hidden:
        reasons.append(f"{hidden:,} {'is' if hidden == 1 else 'are'} contraindicated, and hidden as asked")
    if status:
        has = "has" if status == 1 else "have"
        reasons.append(f"{status:,} {has} another clinical status, and {has} been left out as asked")
    total = known + hidden + status
    sentence = f"No {noun} is left of the {total:,} that could be recommended: {'; '.join(reasons)}."
    if others:
        sentence += f" Nothing in the graph speaks for any of the other {others:,}."
    return sentence


def none_above_base_rate(
    probability: float | None, low: float | None, high: float | None, base_rate: float
) -> str:
    """The sentence for a ranking whose best pair is not surely likelier a treatment than any pair."""
    return (
        f"Not enough in the graph: the best chance is {probability:.1%} (95 % interval "
        f"{low:.1%} to {high:.1%}), not surely above the {base_rate:.1%} of any pair. "
        "`kedrec rank` writes the scores all the same."
    )
