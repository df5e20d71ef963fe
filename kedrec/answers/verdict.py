"""What is said of a pair's standing: its badge, verdict and flags, and whether there is enough to explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.types import Badge

if TYPE_CHECKING:
    from kedrec.evidence.pair_evidence import PairEvidence
    from kedrec.ranking import PairScore
    from kedrec.stores import GraphStore
    from kedrec.types import Safety, Texts

__all__ = ["badge", "flags", "stopped", "too_little", "verdict"]

_FEWEST_PATHS = 2  # one path alone is an anecdote: no rationale is asked for


def too_little(found: PairEvidence) -> str:
    """Why no rationale is asked for; "" where there is enough."""
    if found.paths >= _FEWEST_PATHS:
        return ""
    paths = "no path" if not found.paths else "only one path"
    return f"Not enough in the graph: {paths} from {found.drug.name} to {found.disease.name}."


def badge(store: GraphStore, score: PairScore, found: PairEvidence) -> Badge:
    """Whether the pair is news; `Badge` says what each standing means."""
    drug, disease = found.drug, found.disease
    if score.known:
        told = f"Known: the graph has it as a treatment ({', '.join(score.known)})."
        return Badge(standing="known", sources=score.known, note=told)
    rows = store.edges_between("PALLIATES", "Drug", "Disease", [drug.id], [disease.id])
    if rows:
        sources = tuple(sorted({row["edge"]["source"] for row in rows}))
        told = f"Not new: the graph has it as easing the disease's symptoms ({', '.join(sources)})."
        return Badge(standing="learned", sources=sources, note=told)
    for item in found.evidence:
        if item.path is not None:
            shared = set.intersection(
                *({name for edge in step.edges for name in edge.mechanisms} for step in item.path.steps)
            )
            if shared:
                told = f"Not new: a curated mechanism has the whole of {item.id} ({', '.join(item.sources)})."
                return Badge(standing="learned", sources=item.sources, note=told)
    return Badge(standing="new", note="New: no source of the graph links the two by a treatment.")


def verdict(rank: int, of: int, score: PairScore, found: PairEvidence, safety: Safety, *, side: str) -> str:
    """The pair's standing in words: known or not, its rank, and any contraindication.

    Args:
        rank: its rank, from 1.
        of: among how many.
        score: how it was ranked.
        found: its evidence.
        safety: what speaks against it.
        side: kind of what was asked: `Disease` (drugs were ranked) or `Drug` (diseases were).
    """
    drug, disease = found.drug.name, found.disease.name
    if score.known:
        said = f"{drug} is a known treatment of {disease} ({', '.join(score.known)})"
    else:
        said = f"The graph does not know {drug} as a treatment of {disease}"
    said += f"; it ranks {rank:,} of {of:,} {'drugs' if side == 'Disease' else 'diseases'}."
    if score.unseen and score.probability is not None:
        said += f" It knows no treatment of {disease}: the probability is that if {disease} had a known one."
    where = ", ".join(safety.paths)
    if safety.contraindicated:
        said += f" It is contraindicated: see {where}."
    elif safety.contraindication == "subtype":
        said += f" It is contraindicated in a kind of {disease}: see {where}."
    elif safety.contraindication == "look-alike":
        said += f" It is contraindicated in a disease with much the same symptoms (a weak sign): see {where}."
    return said


def stopped(texts: Texts) -> str:
    """What trials that speak against a pair add to its verdict; "" where none does."""
    against = [item.id for item in texts.trials if item.stance == "adverse"]
    if not against:
        return ""
    count = max(texts.against, len(against))
    shown = ", ".join(against)
    if count == 1:
        return f" A trial of it was stopped or missed what it was for: see {shown}."
    rest = f" and {count - len(against):,} more" if count > len(against) else ""
    return f" {count:,} trials of it were stopped or missed what they were for: see {shown}{rest}."


def flags(
    score: PairScore, found: PairEvidence, safety: Safety, standing: Badge, texts: Texts
) -> tuple[str, ...]:
    """Short words for a pair's standing.

    `known`, `learned` or `new` (see `Badge`), then what of these applies: `contraindicated`, or `caution`
    (contraindicated in a kind of the disease, or in one that looks alike); `causes-disease` (the disease is
    one of the drug's side effects), or `may-worsen` (something that it presents with is); `adverse-trial`
    (a trial of the pair was stopped or missed its primary outcomes); `few-paths`;
    `unfitted` (the score was not learned).
    """
    words: list[str] = [standing.standing]
    if safety.contraindicated:
        words.append("contraindicated")
    elif safety.contraindication:
        words.append("caution")
    if safety.worsening:
        itself = any(
            one.worsens is not None and one.worsens.id == found.disease.id for one in safety.worsening
        )
        words.append("causes-disease" if itself else "may-worsen")
    if any(item.stance == "adverse" for item in texts.trials):
        words.append("adverse-trial")
    if too_little(found):
        words.append("few-paths")
    if score.probability is None:
        words.append("unfitted")
    return tuple(words)
