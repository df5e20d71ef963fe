"""Sentences on an answer beside its table: what was left out, narrower diseases, texts, years, baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.common.counted_nouns import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.types import (
        Answer,
        AsOf,
        DiseaseAnswer,
        EdgesAsOf,
        Evidence,
        Manifest,
        ModelJudgement,
        PassedOver,
        PredictedSideEffect,
        Rationale,
        Recommendation,
        Texts,
    )

__all__ = [
    "as_of_note",
    "as_of_sentence",
    "baseline_note",
    "judgement_text",
    "left_out_notes",
    "narrower_note",
    "order_note",
    "passed_over_note",
    "predicted_text",
    "rationale_title",
    "texts_footnote",
    "titled_texts",
    "undated_texts_note",
]

_NARROWER_SHOWN = 3
_PASSED_OVER_SHOWN = 5
_ORDINAL_SUFFIXES = {1: "st", 2: "nd", 3: "rd"}


def titled_texts(texts: Texts) -> list[tuple[str, tuple[Evidence, ...]]]:
    """Pairs of title and texts: trials that aren't adverse, then articles, without empty ones."""
    trials = tuple(item for item in texts.trials if item.stance != "adverse")
    sections = (("Trials that studied both", trials), ("Articles that name both", texts.articles))
    return [(title, items) for title, items in sections if items]


def undated_texts_note(texts: Sequence[Texts], year: int) -> str:
    """Sentence on the numbers of hidden later texts and shown undated texts; "" if none were searched."""
    if all(pair_texts.background == "none" for pair_texts in texts):
        return ""
    shown = sum(len(pair_texts.all) for pair_texts in texts)
    later = sum(pair_texts.later for pair_texts in texts)
    undated = sum(pair_texts.undated for pair_texts in texts)
    return (
        f"As of {year}: {later:,} later {_noun_and_verb(later)} hidden; {undated:,} of the "
        f"{shown:,} texts shown have no date and may be later."
    )


def _noun_and_verb(count: int) -> str:
    return "text is" if count == 1 else "texts are"


def texts_footnote(manifest: Manifest) -> str:
    """Line on the kind and number of the searched texts; "" if no texts were searched."""
    used = manifest.texts
    if used.background == "none":
        return ""
    line = f"texts ({used.background}) out of {used.documents:,} documents"
    if manifest.model:
        prompt_note = (
            "the model read those shown" if used.prompted else "the model read none: it was given paths alone"
        )
        line += f"; {prompt_note}"
    return line


def narrower_note(answer: Answer) -> str:
    """Sentences on the diseases below the one that is asked for, and the drugs that treat them."""
    count = answer.narrower_count
    parts = []
    for below in answer.narrower[:_NARROWER_SHOWN]:
        drugs = ", ".join(below.drugs) + (" and others" if below.treatments > len(below.drugs) else "")
        noun = "treatment" if below.treatments == 1 else "treatments"
        parts.append(f"{below.disease.name} ({below.treatments:,} {noun}{': ' if drugs else ''}{drugs})")
    more = f"; and {count - len(parts):,} more" if count > len(parts) else ""
    return (
        f"Narrower diseases in the graph: {count:,}, their treatments: {'; '.join(parts)}{more}. "
        f"The answer is for {answer.disease.name} itself."
    )


def passed_over_note(answer: Answer | DiseaseAnswer) -> str:
    """Sentences on the candidates that are omitted, with their ranks; "" if there are none.

    Those without a path are named; the others are given with the reason.
    """
    noun = "drug" if answer.asked == "disease" else "disease"
    without_path = [one for one in answer.passed if not one.has_evidence]
    unsuitable = [one for one in answer.passed if one.has_evidence]
    sentences = []
    if without_path:
        names = [_ranked_name(one) for one in without_path[:_PASSED_OVER_SHOWN]]
        subject = _higher(len(without_path), noun, "has", "have")
        more = _more(" and", len(without_path))
        sentences.append(f"{subject} no path to be explained by: {', '.join(names)}{more}.")
    if unsuitable:
        reasons = [
            f"{_ranked_name(one)}: {one.reason.rstrip('.')}" for one in unsuitable[:_PASSED_OVER_SHOWN]
        ]
        subject = _higher(len(unsuitable), noun, "isn't", "aren't")
        sentences.append(f"{subject} recommended. {'; '.join(reasons)}{_more('; and', len(unsuitable))}.")
    return " ".join(sentences)


def _ranked_name(candidate: PassedOver) -> str:
    return f"{candidate.entity.name} (rank {candidate.rank:,})"


def _higher(count: int, noun: str, singular: str, plural: str) -> str:
    if count == 1:
        return f"1 {noun} that ranks higher {singular}"
    return f"{count:,} {noun}s that rank higher {plural}"


def _more(joined_by: str, count: int) -> str:
    more_count = count - _PASSED_OVER_SHOWN
    return f"{joined_by} {more_count:,} more (--json lists them)" if more_count > 0 else ""


def as_of_note(counts: AsOf) -> str:
    """Sentences on the edges without a year in a view as of a year, and in the evidence shown."""
    return (
        f"{as_of_sentence(counts)} Of the {counts.used:,} edges in the evidence shown, "
        f"{counts.used_undated:,} have none."
    )


def as_of_sentence(counts: EdgesAsOf) -> str:
    """Sentence on the hidden edges and the edges without a year in a view as of a year."""
    return (
        f"As of {counts.year}: {counts.later:,} later edges are hidden; {counts.undated:,} of the "
        f"{counts.edges:,} left have no year and may be later."
    )


def left_out_notes(answer: Answer | DiseaseAnswer) -> list[str]:
    """Sentences on the candidates that aren't shown, one for each reason."""
    counts = (
        (answer.known_left_out, "known left out."),
        (answer.hidden, "contraindicated hidden."),
        (answer.status_left_out, "of another clinical status left out."),
    )
    notes = [f"{count:,} {what}" for count, what in counts if count and not answer.abstained]
    note = passed_over_note(answer)
    return [*notes, note] if note else notes


def judgement_text(judgement: ModelJudgement | None) -> str:
    """The model's judgement and what it added to the log-odds: `for, +0.4`; "" without one."""
    if judgement is None:
        return ""
    contribution = round(judgement.contribution, 1) or 0.0  # never -0.0
    return f"{judgement.stance}, {contribution:+.1f}"


def order_note(answer: Answer | DiseaseAnswer) -> str:
    """Sentence on the order of the drugs, and how far each moved; "" where no model was asked to judge."""
    order = answer.order if answer.asked == "disease" else None
    if order is None:
        return ""
    moved = [
        f"{one.drug.name} {one.judgement.moved:+d}"
        for one in answer
        if one.judgement is not None and one.judgement.moved
    ]
    places = f" Places moved among {order.among} drugs: {', '.join(moved)}." if moved else ""
    return f"{order.reason}{places}"


def baseline_note(recommendation: Recommendation) -> str:
    """The prior, and the percentiles of the drug's and the disease's average scores; "" without."""
    notes = []
    if recommendation.prior is not None:
        notes.append(f"baseline from treatment counts alone: {recommendation.prior:.3f}")
    if recommendation.drug_percentile is not None and recommendation.disease_percentile is not None:
        notes.append(
            f"average score over all pairs: drug at the {_ordinal(round(recommendation.drug_percentile))} "
            f"percentile, disease at the {_ordinal(round(recommendation.disease_percentile))}"
        )
    return "; ".join(notes)


def _ordinal(number: int) -> str:
    """An English ordinal: 1st, 2nd, 3rd, 4th, 11th, 21st."""
    suffix = "th" if number % 100 in (11, 12, 13) else _ORDINAL_SUFFIXES.get(number % 10, "th")
    return f"{number}{suffix}"


def predicted_text(prediction: PredictedSideEffect) -> str:
    """A predicted side effect with its probability: `nausea 41%`."""
    return f"{prediction.effect.name} {prediction.probability:.0%}"


def rationale_title(rationale: Rationale) -> str:
    """Title of a rationale's claims: who wrote them, and how many hold."""
    if rationale.origin == "evidence":
        return f"Evidence in words ({rationale.note})"
    holding = sum(claim.status == "holds" for claim in rationale.claims)
    count = len(rationale.claims)
    verb = "sentence holds" if count == 1 else "sentences hold"
    title = f"Why ({rationale.model}: {holding} of {count} {verb}, "
    title += f"{rationale.coverage:.0%} of the evidence used"
    if rationale.repeats:
        title += f"; {counted(rationale.repeats, 'sentence')} struck as repeats"
    return title + (
        "; how sure it sounds was set by probability and evidence)" if rationale.reworded else ")"
    )
