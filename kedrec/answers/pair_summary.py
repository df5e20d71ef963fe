"""A pair's summary beside its evidence: badge, verdict, flags, and whether there is enough to explain.

Its words are those of `kedrec/grounding/verdict_words.py`, by which the gate checks a verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from kedrec.answers import no_recommendation
from kedrec.grounding import verdict_words
from kedrec.grounding.verdict_table import Grade, pair_grade, verdict_phrase
from kedrec.pathlogic.signs import path_effect
from kedrec.schema import load_schema
from kedrec.stores.role_edges import edges_between_with_role
from kedrec.types import Badge, is_gene_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kedrec.evidence.pair_evidence import PairEvidence
    from kedrec.ranking import PairScore
    from kedrec.stores import GraphStore
    from kedrec.types import RelatedTreatment, Safety, Texts

__all__ = [
    "adverse_trials",
    "badge",
    "basis",
    "evidence_gap",
    "flags",
    "grade",
    "grade_by_flags",
    "remarks",
    "unsuitable",
    "verdict",
]

_STANDING: dict[str, Literal["known-narrower", "known-broader"]] = {
    "narrower": "known-narrower",
    "broader": "known-broader",
}
_NEUTRAL = frozenset({"known", *_STANDING.values(), "learned", "new", "no-path", "unfitted"})
"""Flags that speak neither for a pair nor against it."""

_LIKELY = 0.2  # probability at which a drug for neoplasms is recommended for another disease
_FAIRLY_LIKELY = 0.05  # the same where a path states that it relieves the disease


def evidence_gap(evidence: PairEvidence) -> str:
    """The reason why the model writes no rationale of a pair, as a sentence; "" with any evidence."""
    if evidence.evidence:
        return ""
    if evidence.opposed or any(item.role == "opposed" for item in evidence.adverse):
        return no_recommendation.opposed_action(evidence.drug.name, evidence.disease.name)
    return no_recommendation.no_path(evidence.drug.name, evidence.disease.name)


def unsuitable(
    score: PairScore, evidence: PairEvidence, safety: Safety, related: Sequence[RelatedTreatment]
) -> str:
    """The reason why a pair isn't recommended though it has evidence, as a sentence; "" without one.

    One is that it is too unlikely a treatment for what speaks for it (`grounding/verdicts.yaml`). Another is
    a limit of the drug's use; one known for neoplasms is recommended all the same where a path states that it
    relieves the disease, or where it is a likely treatment. A treatment of the disease or of a kind of it has
    no such reason.
    """
    if score.known or any(one.scope == "narrower" for one in related):
        return ""
    if score.probability is None:
        likely = fairly_likely = False
    else:
        likely, fairly_likely = score.probability >= _LIKELY, score.probability >= _FAIRLY_LIKELY
    reason = basis(evidence)
    may_be_cancer_drug = likely or (fairly_likely and reason.startswith("stated"))
    for limit in safety.limits:
        if limit.kind != "cancer-drug" or not may_be_cancer_drug:
            return limit.sentence
    strength = grade_by_flags((), score.probability, reason, [_STANDING[one.scope] for one in related[:1]])
    if reason and score.probability is not None and strength is Grade.NONE:
        return no_recommendation.unlikely(score.probability, is_association=reason == "association")
    return ""


def badge(
    store: GraphStore, score: PairScore, evidence: PairEvidence, related: Sequence[RelatedTreatment]
) -> Badge:
    """The pair's novelty, as `Badge` defines it.

    Args:
        store: the graph.
        score, evidence: the pair.
        related: what the drug is known to treat nearby, narrower diseases first.
    """
    drug, disease = evidence.drug, evidence.disease
    if score.known:
        note = verdict_words.known_treatment(score.known)
        return Badge(standing="known", sources=score.known, note=note)
    if related:
        return Badge(
            standing=_STANDING[related[0].scope],
            sources=tuple(sorted({source for one in related for source in one.sources})),
            note=_related_sentence(related, evidence),
            related=tuple(related),
        )
    rows = edges_between_with_role(store, "palliation", ("Drug", "Disease"), [drug.id], [disease.id])
    if rows:
        sources = tuple(sorted({row["edge"]["source"] for row in rows}))
        return Badge(standing="learned", sources=sources, note=verdict_words.palliation(sources))
    for item in evidence.evidence:
        if item.path is not None:
            shared = set.intersection(
                *({name for edge in step.edges for name in edge.mechanisms} for step in item.path.steps)
            )
            if shared:
                note = verdict_words.curated_mechanism(item.id, item.sources)
                return Badge(standing="learned", sources=item.sources, note=note)
    return Badge(standing="new", note=verdict_words.NEW)


def grade(
    score: PairScore,
    evidence: PairEvidence,
    safety: Safety,
    texts: Texts,
    related: Sequence[RelatedTreatment],
) -> Grade:
    """The strength of a verdict by probability, evidence, related treatments and warnings.

    See `grounding/verdicts.yaml`; the arguments are as of `badge` and `flags`.
    """
    words = [
        *(_STANDING[one.scope] for one in related[:1]),
        *remarks(score, evidence, safety, texts, related),
    ]
    return grade_by_flags(score.known, score.probability, basis(evidence), words)


def grade_by_flags(
    known: Sequence[str], probability: float | None, reason: str, words: Iterable[str]
) -> Grade:
    """The same strength from what an answer shows.

    Args:
        known: the sources that have the pair as a treatment.
        probability: as of `verdict_table.pair_grade`.
        reason: as `basis`.
        words: the pair's `flags`, or its `remarks` and the standing of a related treatment.
    """
    words = frozenset(words)
    against = words - _NEUTRAL
    return pair_grade(
        known=bool(known),
        probability=probability,
        basis=reason,
        related=next((scope for scope, standing in _STANDING.items() if standing in words), ""),
        contraindicated="contraindicated" in against,
        caution=bool(against),
    )


def verdict(
    rank: int,
    of: int,
    score: PairScore,
    evidence: PairEvidence,
    safety: Safety,
    *,
    related: Sequence[RelatedTreatment],
    side: str,
    strength: Grade,
) -> str:
    """The pair's verdict in words: known or not, its rank, related treatments, and any contraindication.

    Args:
        rank: its rank, from 1.
        of: the number of ranked pairs.
        score: its score.
        evidence: its evidence.
        safety: what speaks against it.
        related: as of `badge`.
        side: kind of the entity in question: `Disease` (drugs were ranked) or `Drug` (diseases were).
        strength: as `grade`.
    """
    return verdict_words.pair_verdict(
        evidence.drug.name,
        evidence.disease.name,
        rank=rank,
        of=of,
        ranked="drugs" if side == "Disease" else "diseases",
        known=score.known,
        untreated=score.unseen and score.probability is not None,
        contraindication=safety.contraindication,
        paths=safety.paths,
        opposed=[(item.target.name, item.count, item.path) for item in safety.opposed],
        basis=basis(evidence),
        listed=is_gene_list(evidence.disease),
        strength=_strength_sentence(strength, evidence),
        warning=next((limit.sentence for limit in safety.limits if limit.kind == "label-warning"), ""),
        limits=[limit.sentence for limit in safety.limits if limit.kind != "label-warning"],
        related=_related_sentence(related, evidence) if related and not score.known else "",
    )


def _related_sentence(related: Sequence[RelatedTreatment], evidence: PairEvidence) -> str:
    scope = related[0].scope
    nearest = [one for one in related if one.scope == scope]
    return verdict_words.related_treatment(
        evidence.drug.name,
        evidence.disease.name,
        [one.disease.name for one in nearest],
        sorted({source for one in nearest for source in one.sources}),
        is_narrower=scope == "narrower",
    )


def _strength_sentence(strength: Grade, evidence: PairEvidence) -> str:
    drug, disease = evidence.drug.name, evidence.disease.name
    phrase = verdict_phrase(strength)
    if strength is Grade.NONE:
        return f"{phrase[0].upper()}{phrase[1:]} {drug} in {disease}."
    return f"{drug} {phrase} {disease}."


def basis(evidence: PairEvidence) -> str:
    """The kind of argument for a pair, a key of `verdict_words.BASES`; "" without evidence."""
    if not evidence.evidence:
        return ""
    first = evidence.evidence[0]
    if first.role != "mechanism" or first.path is None or path_effect(first.path) != "relieves":
        return first.role
    on_symptom = first.path.steps[-1].relation in load_schema().with_role("symptom")
    return "stated relief of a symptom" if on_symptom else "stated mechanism"


def adverse_trials(texts: Texts) -> str:
    """The addition to a verdict about trials that speak against the pair; "" where none does."""
    ids = [item.id for item in texts.trials if item.stance == "adverse"]
    return verdict_words.adverse_trials(ids, max(texts.against, len(ids))) if ids else ""


def _is_opposed(evidence: PairEvidence) -> bool:
    """True if a path states that the drug furthers the disease, and none that it relieves it.

    That one or two treatments act in the opposite way is too little: such a path goes through a drug.
    """
    return any(
        item.role == "opposed"
        and item.path is not None
        and all(node.kind != "Drug" for node in item.path.nodes[1:-1])
        for item in evidence.adverse
    )


def flags(
    score: PairScore,
    evidence: PairEvidence,
    safety: Safety,
    novelty: Badge,
    texts: Texts,
) -> tuple[str, ...]:
    """Short words for a pair's status: its badge's standing, then its `remarks`."""
    return (novelty.standing, *remarks(score, evidence, safety, texts, novelty.related))


def remarks(
    score: PairScore,
    evidence: PairEvidence,
    safety: Safety,
    texts: Texts,
    related: Sequence[RelatedTreatment],
) -> tuple[str, ...]:
    """Short words for what is against a pair or lacking.

    Those of these that apply: `contraindicated`, or `caution`
    (contraindicated in a kind of the disease, in a much broader one or one that looks alike, or as a class);
    `causes-disease` (the disease is one of the drug's side effects), or `may-worsen` (something that it
    presents with is, or the drug acts oppositely to treatments on a target; either is a `caution` for a known
    treatment of it or of a kind of it; or a path states that the drug furthers the disease, and none that it
    relieves it); the kinds of its `LimitOfUse`s; `adverse-trial` (a trial of the pair was stopped or missed
    its primary outcomes); `no-path`; `unfitted` (the score was not learned).
    """
    words: list[str] = []
    known = bool(score.known) or any(one.scope == "narrower" for one in related)
    if safety.contraindicated:
        words.append("contraindicated")
    elif safety.contraindication or (known and (safety.opposed or safety.worsening)):
        words.append("caution")
    if any(effect.worsens and effect.worsens.id == evidence.disease.id for effect in safety.worsening):
        words.append("causes-disease")
    elif (safety.worsening or safety.opposed or _is_opposed(evidence)) and not known:
        words.append("may-worsen")
    words += [limit.kind for limit in safety.limits]
    if any(item.stance == "adverse" for item in texts.trials):
        words.append("adverse-trial")
    if evidence_gap(evidence):
        words.append("no-path")
    if score.probability is None:
        words.append("unfitted")
    return tuple(words)
