"""Terminal rendering of answers and explanations. Text of the graph is never read as markup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from rich.text import Text

from kedrec.cli.answer_table import summary_table
from kedrec.cli.evidence_list import MAX_LINKS, print_evidence, print_indented
from kedrec.cli.score_bars import score_bars
from kedrec.common.counted_nouns import counted
from kedrec.rendering.answer_table import known_treatments_note
from kedrec.rendering.gene_list_notes import gene_list_notes
from kedrec.rendering.notes import (
    as_of_note,
    baseline_note,
    judgement_text,
    left_out_notes,
    narrower_note,
    order_note,
    predicted_text,
    rationale_title,
    texts_footnote,
    titled_texts,
    undated_texts_note,
)

if TYPE_CHECKING:
    from rich.console import Console

    from kedrec.types import (
        Answer,
        Claim,
        DiseaseAnswer,
        Evidence,
        Rationale,
        Recommendation,
        TakenFor,
        Texts,
    )

__all__ = [
    "Detail",
    "headline",
    "print_closing",
    "print_explanation",
    "print_opening",
    "print_recommendation",
    "print_safety",
    "print_taken_for",
]

Detail = Literal["brief", "usual", "full"]
"""Extent to which an answer is printed."""

_MAX_PATHS = 3  # of a recommendation that isn't shown in full
_FLAG_STYLES = {
    "contraindicated": "bold red",
    "causes-disease": "bold red",
    "may-worsen": "red",
    "adverse-trial": "red",
    "caution": "yellow",
    "learned": "yellow",
    "no-path": "yellow",
    "unfitted": "yellow",
}


def print_opening(console: Console, answer: Answer | DiseaseAnswer) -> None:
    """Prints the queried entity, the table with a line a mechanism, and the known treatments."""
    _print_head(console, answer)
    _print_table(console, answer)


def print_closing(console: Console, answer: Answer | DiseaseAnswer) -> None:
    """Prints the notes on an answer and its manifest."""
    console.print()
    for note in left_out_notes(answer):
        console.print(Text(note, style="yellow"))
    if note := order_note(answer):
        console.print(Text(note, style="yellow"))
    manifest = answer.manifest
    console.print(
        Text(
            f"graph {manifest.fingerprint} at {manifest.graph}; licences of the evidence: "
            f"{', '.join(manifest.licences) or 'none'}",
            style="dim",
        )
    )
    if note := texts_footnote(manifest):
        console.print(Text(note, style="dim"))
    if manifest.overlays:
        console.print(Text(f"private overlays seen: {', '.join(manifest.overlays)}", style="magenta"))
    if manifest.as_of is not None:
        console.print(Text(as_of_note(manifest.as_of), style="yellow"))
        texts = [recommendation.texts for recommendation in answer.recommendations]
        if note := undated_texts_note(texts, manifest.as_of.year):
            console.print(Text(note, style="yellow"))


def _print_head(console: Console, answer: Answer | DiseaseAnswer) -> None:
    """Prints the queried entity, what it was taken for, what is narrower, and if the ranking isn't fitted."""
    target = answer.disease if answer.asked == "disease" else answer.drug
    head = Text(target.name, style="bold")
    head.append(f"  {target.id}", style="dim")
    head.append(
        f"  {answer.candidates:,} {'drugs' if answer.asked == 'disease' else 'diseases'} ranked", style="dim"
    )
    console.print(head)
    print_taken_for(console, answer.taken_for)
    if answer.asked == "disease" and answer.narrower_count:
        console.print(Text(narrower_note(answer), style="dim"))
    if answer.asked == "disease" and answer.gene_list is not None:
        for note in gene_list_notes(answer.gene_list):
            console.print(Text(note, style="yellow"))
    if answer.manifest.ranking.startswith("unfitted"):
        console.print(
            Text(f"The ranking is not fitted on this graph ({answer.manifest.ranking}).", style="yellow")
        )


def _print_table(console: Console, answer: Answer | DiseaseAnswer) -> None:
    """Prints the table of an answer, or why it has none, and the known treatments."""
    if answer.abstained:
        console.print(Text(answer.abstained, style="yellow"))
    if answer.recommendations:
        console.print()
        console.print(summary_table(answer))
    if note := known_treatments_note(answer):
        console.print()
        console.print(Text(note, style="green"))


def print_taken_for(console: Console, substitutions: tuple[TakenFor, ...]) -> None:
    """Prints the entities that queried names were resolved to, one per line."""
    for substitution in substitutions:
        console.print(Text(substitution.text, style="yellow"))


def headline(recommendation: Recommendation, *, asked: str = "disease") -> Text:
    """One line: rank (of a known treatment: that it is one), name, id, probability with its interval, flags.

    Args:
        asked: `disease` to name the drug, `drug` to name the disease.
    """
    entity = recommendation.drug if asked == "disease" else recommendation.disease
    line = Text("known  " if recommendation.known else f"{recommendation.rank:>2}  ")
    line.append(entity.name, style="bold cyan")
    line.append(f"  {entity.id}", style="dim")
    if recommendation.probability is not None:
        line.append(f"  probability {recommendation.probability:.3f}")
        if recommendation.low is not None and recommendation.high is not None:
            line.append(f" ({recommendation.low:.3f}-{recommendation.high:.3f})", style="dim")
    else:
        line.append(f"  score {recommendation.score:.3f}")
    if recommendation.judgement is not None:
        line.append(f"  model: {judgement_text(recommendation.judgement)}")
    for flag in recommendation.flags:
        line.append(f"  {flag}", style=_FLAG_STYLES.get(flag, "green"))
    return line


def print_recommendation(
    console: Console, recommendation: Recommendation, *, asked: str = "disease", detail: Detail = "full"
) -> None:
    """Prints one recommendation: headline, verdict, rationale, paths, texts, adverse evidence."""
    console.print(headline(recommendation, asked=asked))
    contraindicated = recommendation.safety.contraindicated
    print_indented(console, Text(recommendation.verdict, style="red" if contraindicated else ""))
    if note := baseline_note(recommendation):
        print_indented(console, Text(note, style="dim"))
    if recommendation.badge.standing == "learned":
        print_indented(console, Text(recommendation.badge.note, style="yellow"))
    _print_clinical_status(console, recommendation)
    _print_rationale(console, recommendation.rationale)
    if recommendation.evidence:
        print_indented(console, Text("Paths", style="bold"))
        paths = recommendation.evidence if detail == "full" else _best_paths(recommendation.evidence)
        print_evidence(console, paths)
        if more := len(recommendation.evidence) - len(paths):
            print_indented(console, Text(f"{more:,} more: --full shows them", style="dim"))
    _print_texts(console, recommendation.texts)
    print_safety(console, recommendation)


def _print_clinical_status(console: Console, recommendation: Recommendation) -> None:
    if text := recommendation.clinical.text:
        print_indented(console, Text(f"{recommendation.drug.name}: {text}", style="dim"))


def _best_paths(items: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """The best few items, none an association where something better is, and each mechanism once."""
    better = [item for item in items if item.role != "association"] or list(items)
    chosen: dict[object, Evidence] = {}
    for item in better:
        nodes = item.path.nodes if item.path is not None else ()
        chosen.setdefault((nodes[1].id if len(nodes) > 2 else item.id, len(nodes) > 3), item)
    return tuple(chosen.values())[:_MAX_PATHS]


def _print_texts(console: Console, texts: Texts, *, links: int | None = MAX_LINKS) -> None:
    for title, items in titled_texts(texts):
        print_indented(console, Text(title, style="bold"))
        print_evidence(console, items, links=links)
    if texts.more:
        note = f"{texts.more:,} more found: --texts shows more"
        print_indented(console, Text(note, style="dim"))


def print_safety(console: Console, recommendation: Recommendation, *, links: int | None = MAX_LINKS) -> None:
    """Prints a pair's adverse paths and trials, cautions and side effects.

    Args:
        links: maximum number of links per item; None to write out the URLs.
    """
    safety = recommendation.safety
    trials = [item for item in recommendation.texts.trials if item.stance == "adverse"]
    for title, items in (("Against", (*recommendation.adverse, *trials)), ("Caution", safety.cautions)):
        if items:
            print_indented(console, Text(title, style="bold red" if title == "Against" else "bold yellow"))
            print_evidence(console, items, links=links)
    listed = safety.listed
    note = (
        f"Contraindications in the graph: {listed.of_drug:,} of {recommendation.drug.name}, "
        f"{listed.of_disease:,} in {recommendation.disease.name}"
    )
    print_indented(console, Text(note, style="dim"))
    if not (safety.side_effects or safety.predicted):
        return
    lines = []
    if safety.side_effects:
        lines.append(
            f"{safety.side_effects:,} listed; the rarest among drugs: "
            + ", ".join(
                f"{side_effect.effect.name} ({side_effect.drugs:,})" for side_effect in safety.specific
            )
        )
    if safety.worsening:
        names = ", ".join(side_effect.effect.name for side_effect in safety.worsening)
        lines.append(f"can cause what {recommendation.disease.name} is or presents with: {names}")
    print_indented(console, Text("Side effects", style="bold"))
    for index, line in enumerate(lines):
        print_indented(console, Text(line, style="red" if index else ""))
    if safety.predicted:
        prediction = Text("predicted from similar drugs, not listed: ", style="dim")
        prediction.append(
            ", ".join(predicted_text(effect) for effect in safety.predicted if effect.worsens is None)
        )
        worsening = [predicted_text(effect) for effect in safety.predicted if effect.worsens is not None]
        if worsening:
            prediction.append("; " if len(worsening) < len(safety.predicted) else "")
            prediction.append(
                f"of what {recommendation.disease.name} is or presents with: {', '.join(worsening)}",
                style="red",
            )
        print_indented(console, prediction)


def print_explanation(console: Console, recommendation: Recommendation) -> None:
    """Prints an explanation: coverage, the score's parts, and the evidence with its URLs."""
    head = Text()
    head.append(recommendation.drug.name, style="bold cyan")
    head.append(f"  {recommendation.drug.id}  ", style="dim")
    head.append(recommendation.disease.name, style="bold")
    head.append(f"  {recommendation.disease.id}", style="dim")
    for flag in recommendation.flags:
        head.append(f"  {flag}", style=_FLAG_STYLES.get(flag, "green"))
    console.print(head)
    print_taken_for(console, recommendation.taken_for)
    print_indented(
        console, Text(recommendation.verdict, style="red" if recommendation.safety.contraindicated else "")
    )
    print_indented(console, Text(recommendation.badge.note))
    _print_clinical_status(console, recommendation)
    if note := baseline_note(recommendation):
        print_indented(console, Text(note))
    coverage = recommendation.coverage
    print_indented(
        console,
        Text(
            f"{counted(coverage.paths, 'path')} of {counted(coverage.metapaths, 'kind')}; the drug has "
            f"{counted(coverage.drug_edges, 'edge')}, the disease {coverage.disease_edges:,}; "
            f"{counted(coverage.disease_treatments, 'other drug')} known to treat it",
            style="dim",
        ),
    )
    if not coverage.enough:
        print_indented(console, Text(coverage.reason, style="yellow"))
    if recommendation.score_parts or recommendation.base:
        unit = (
            "log-odds" if recommendation.probability is not None else "not fitted on this graph: in no unit"
        )
        print_indented(console, Text(f"What made the score ({unit})", style="bold"))
        print_indented(console, score_bars(console, recommendation))
    if recommendation.evidence:
        print_indented(console, Text("Paths", style="bold"))
        print_evidence(console, recommendation.evidence, links=None)
    _print_texts(console, recommendation.texts, links=None)
    print_safety(console, recommendation, links=None)
    if recommendation.as_of is not None:
        print_indented(console, Text(as_of_note(recommendation.as_of), style="yellow"))
        if note := undated_texts_note([recommendation.texts], recommendation.as_of.year):
            print_indented(console, Text(note, style="yellow"))


def _print_rationale(console: Console, rationale: Rationale) -> None:
    holding = [claim for claim in rationale.claims if claim.status == "holds"]
    struck = [claim for claim in rationale.claims if claim.status == "struck"]
    if rationale.claims:
        print_indented(console, Text(rationale_title(rationale), style="bold"))
    elif rationale.note:
        print_indented(console, Text(rationale.note, style="yellow"))
    if holding and (rationale.origin == "llm" or struck):
        text = Text()
        for claim in holding:
            text.append(_sentence(claim) + " ")
        print_indented(console, text)
    for claim in struck:
        line = Text("Struck: ", style="yellow")  # before the sentence, for readers of plain text
        line.append(_sentence(claim), style="strike dim")
        line.append(f" ({claim.reason})", style="yellow")
        print_indented(console, line)
    if rationale.unread:
        print_indented(console, Text(f"not given to the model: {', '.join(rationale.unread)}", style="dim"))


def _sentence(claim: Claim) -> str:
    citations = "".join(map(str, claim.citations))
    text = claim.text.rstrip().rstrip(".")
    return f"{text} {citations}." if citations else f"{text}."
