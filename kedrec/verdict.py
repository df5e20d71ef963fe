"""What is said of a drug's standing: its verdict, its flags, and whether there is enough to explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kedrec.evidence.retrieval import PairEvidence
    from kedrec.ranking import PairScore

__all__ = ["flags", "too_little", "verdict"]

_FEWEST_PATHS = 2  # one path alone is an anecdote: no rationale is asked for


def too_little(found: PairEvidence) -> str:
    """Why no rationale is asked for; "" where there is enough."""
    if found.paths >= _FEWEST_PATHS:
        return ""
    paths = "no path" if not found.paths else "only one path"
    return f"Not enough in the graph: {paths} from {found.drug.name} to {found.disease.name}."


def verdict(rank: int, of: int, score: PairScore, found: PairEvidence) -> str:
    """One sentence on the drug: known or not, its rank among `of` drugs, and any contraindication."""
    drug, disease = found.drug.name, found.disease.name
    if score.known:
        said = f"{drug} is a known treatment of {disease} ({', '.join(score.known)})"
    else:
        said = f"The graph does not know {drug} as a treatment of {disease}"
    said += f"; it ranks {rank:,} of {of:,} drugs."
    if _contraindicated(found):
        said += f" It is contraindicated: see {found.adverse[0].id}."
    return said


def _contraindicated(found: PairEvidence) -> bool:
    return any(
        step.relation == "CONTRAINDICATED_FOR"
        for item in found.adverse
        if item.path is not None
        for step in item.path.steps
    )


def flags(score: PairScore, found: PairEvidence) -> tuple[str, ...]:
    """`known` or `new`, then `contraindicated` and `few-paths` where they apply."""
    words = ["known" if score.known else "new"]
    if _contraindicated(found):
        words.append("contraindicated")
    if too_little(found):
        words.append("few-paths")
    return tuple(words)
