"""How an answer looks in a terminal. Everything from the graph is printed as plain text, never as markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from kedrec.cli.score_bars import score_bars
from kedrec.cli.text_options import footing, passed_over, titled_texts, undated_texts
from kedrec.cli.view_options import undated
from kedrec.loading.state import UNFINISHED

if TYPE_CHECKING:
    from rich.console import Console

    from kedrec.types import (
        Answer,
        Claim,
        DiseaseAnswer,
        Evidence,
        PredictedSideEffect,
        Rationale,
        Recommendation,
        Status,
        TakenFor,
        Texts,
    )

__all__ = [
    "indented",
    "print_answer",
    "print_evidence",
    "print_explanation",
    "print_recommendation",
    "print_safety",
    "print_status",
    "print_taken_for",
    "standing",
]

_LINKS_SHOWN = 3
_LINKS_WRITTEN = 10
_FLAG_STYLES = {
    "contraindicated": "bold red",
    "causes-disease": "bold red",
    "may-worsen": "red",
    "caution": "yellow",
    "learned": "yellow",
    "few-paths": "yellow",
    "unfitted": "yellow",
}


def print_answer(console: Console, answer: Answer | DiseaseAnswer) -> None:
    """Prints an answer: the question, then each pair with its reasons and paths, then the manifest."""
    asked = answer.disease if answer.asked == "disease" else answer.drug
    head = Text(asked.name, style="bold")
    head.append(f"  {asked.id}", style="dim")
    head.append(
        f"  {answer.candidates:,} {'drugs' if answer.asked == 'disease' else 'diseases'} ranked", style="dim"
    )
    console.print(head)
    print_taken_for(console, answer.taken_for)
    if answer.manifest.ranking.startswith("unfitted"):
        console.print(
            Text(f"The ranking is not fitted on this graph ({answer.manifest.ranking}).", style="yellow")
        )
    if answer.abstained:
        console.print(Text(answer.abstained, style="yellow"))
    for recommendation in answer.recommendations:
        console.print()
        print_recommendation(console, recommendation, asked=answer.asked)
    console.print()
    if answer.known_left_out and not answer.abstained:
        console.print(Text(f"{answer.known_left_out:,} known left out.", style="yellow"))
    if answer.hidden and not answer.abstained:
        console.print(Text(f"{answer.hidden:,} contraindicated hidden.", style="yellow"))
    if told := passed_over(answer):
        console.print(Text(told, style="yellow"))
    manifest = answer.manifest
    console.print(
        Text(
            f"graph {manifest.fingerprint} at {manifest.graph}; licences of the evidence: "
            f"{', '.join(manifest.licences) or 'none'}",
            style="dim",
        )
    )
    if told := footing(manifest):
        console.print(Text(told, style="dim"))
    if manifest.overlays:
        console.print(Text(f"private overlays seen: {', '.join(manifest.overlays)}", style="magenta"))
    if manifest.as_of is not None:
        console.print(Text(undated(manifest.as_of), style="yellow"))
        if told := undated_texts([one.texts for one in answer.recommendations], manifest.as_of.year):
            console.print(Text(told, style="yellow"))


def print_taken_for(console: Console, taken: tuple[TakenFor, ...]) -> None:
    """Prints what the asked names were taken for, a line each."""
    for one in taken:
        console.print(Text(one.text, style="yellow"))


def standing(recommendation: Recommendation, *, asked: str = "disease") -> Text:
    """One line: rank, name, probability, flags."""
    named = recommendation.drug if asked == "disease" else recommendation.disease
    line = Text(f"{recommendation.rank:>2}  ")
    line.append(named.name, style="bold cyan")
    line.append(f"  {named.id}", style="dim")
    if recommendation.probability is not None:
        line.append(f"  probability {recommendation.probability:.3f}")
        if recommendation.low is not None and recommendation.high is not None:
            line.append(f" ({recommendation.low:.3f}-{recommendation.high:.3f})", style="dim")
    else:
        line.append(f"  score {recommendation.score:.3f}")
    for flag in recommendation.flags:
        line.append(f"  {flag}", style=_FLAG_STYLES.get(flag, "green"))
    return line


def print_recommendation(console: Console, recommendation: Recommendation, *, asked: str = "disease") -> None:
    """Prints one pair: standing, rationale, paths, adverse evidence."""
    console.print(standing(recommendation, asked=asked))
    warned = recommendation.safety.contraindicated
    indented(console, Text(recommendation.verdict, style="red" if warned else ""))
    told = _leaning(recommendation)
    if told:
        indented(console, Text(told, style="dim"))
    if recommendation.badge.standing == "learned":
        indented(console, Text(recommendation.badge.note, style="yellow"))
    _print_rationale(console, recommendation.rationale)
    if recommendation.evidence:
        indented(console, Text("Paths", style="bold"))
        print_evidence(console, recommendation.evidence)
    _print_texts(console, recommendation.texts)
    print_safety(console, recommendation)


def _print_texts(console: Console, texts: Texts, *, links: int | None = _LINKS_SHOWN) -> None:
    for title, items in titled_texts(texts):
        indented(console, Text(title, style="bold"))
        print_evidence(console, items, links=links)
    if texts.more:
        told = f"{texts.more:,} more found: --texts shows more"
        indented(console, Text(told, style="dim"))


def print_safety(console: Console, found: Recommendation, *, links: int | None = _LINKS_SHOWN) -> None:
    """Prints what speaks against a pair: adverse paths, cautions, side effects."""
    safety = found.safety
    trials = [item for item in found.texts.trials if item.stance == "adverse"]
    for title, items in (("Against", (*found.adverse, *trials)), ("Caution", safety.cautions)):
        if items:
            indented(console, Text(title, style="bold red" if title == "Against" else "bold yellow"))
            print_evidence(console, items, links=links)
    if not (safety.side_effects or safety.predicted):
        return
    lines = []
    if safety.side_effects:
        lines.append(
            f"{safety.side_effects:,} listed; the rarest among drugs: "
            + ", ".join(f"{one.effect.name} ({one.drugs:,})" for one in safety.specific)
        )
    if safety.worsening:
        names = ", ".join(one.effect.name for one in safety.worsening)
        lines.append(f"can cause what {found.disease.name} is or presents with: {names}")
    indented(console, Text("Side effects", style="bold"))
    for place, line in enumerate(lines):
        indented(console, Text(line, style="red" if place else ""))
    if safety.predicted:
        told = Text("predicted from similar drugs, not listed: ", style="dim")
        told.append(", ".join(_guess(one) for one in safety.predicted if one.worsens is None))
        worsening = [_guess(one) for one in safety.predicted if one.worsens is not None]
        if worsening:
            told.append("; " if len(worsening) < len(safety.predicted) else "")
            told.append(
                f"of what {found.disease.name} is or presents with: {', '.join(worsening)}", style="red"
            )
        indented(console, told)


def _leaning(found: Recommendation) -> str:
    """What a score rests on beside the pair itself: how often each is a match for anything."""
    said = []
    if found.prior is not None:
        said.append(f"from numbers of treatments alone: {found.prior:.3f}")
    if found.drug_percentile is not None and found.disease_percentile is not None:
        said.append(
            f"mean score over all pairs: drug at percentile {found.drug_percentile:.0f}, "
            f"disease at {found.disease_percentile:.0f}"
        )
    return "; ".join(said)


def _guess(one: PredictedSideEffect) -> str:
    return f"{one.effect.name} {one.probability:.0%}"


def print_explanation(console: Console, found: Recommendation) -> None:
    """Prints the evidence of one pair with every link, then what made the score."""
    head = Text()
    head.append(found.drug.name, style="bold cyan")
    head.append(f"  {found.drug.id}  ", style="dim")
    head.append(found.disease.name, style="bold")
    head.append(f"  {found.disease.id}", style="dim")
    for flag in found.flags:
        head.append(f"  {flag}", style=_FLAG_STYLES.get(flag, "green"))
    console.print(head)
    print_taken_for(console, found.taken_for)
    indented(console, Text(found.verdict, style="red" if found.safety.contraindicated else ""))
    indented(console, Text(found.badge.note))
    told = _leaning(found)
    if told:
        indented(console, Text(told))
    coverage = found.coverage
    indented(
        console,
        Text(
            f"{coverage.paths:,} paths of {coverage.metapaths} kinds; the drug has {coverage.drug_edges:,} "
            f"edges, the disease {coverage.disease_edges:,}; {coverage.disease_treatments} other drugs are "
            "known to treat it",
            style="dim",
        ),
    )
    if not coverage.enough:
        indented(console, Text(coverage.reason, style="yellow"))
    if found.score_parts or found.base:
        unit = "log-odds" if found.probability is not None else "not fitted on this graph: in no unit"
        indented(console, Text(f"What made the score ({unit})", style="bold"))
        indented(console, score_bars(console, found))
    if found.evidence:
        indented(console, Text("Paths", style="bold"))
        print_evidence(console, found.evidence, links=None)
    _print_texts(console, found.texts, links=None)
    print_safety(console, found, links=None)
    if found.as_of is not None:
        indented(console, Text(undated(found.as_of), style="yellow"))
        if told := undated_texts([found.texts], found.as_of.year):
            indented(console, Text(told, style="yellow"))


def print_status(console: Console, status: Status) -> None:
    """Prints what a question would be answered from."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("graph", Text(f"{status.graph} ({status.engine}), fingerprint {status.fingerprint}"))
    nodes = ", ".join(f"{count:,} {kind}" for kind, count in sorted(status.nodes.items()))
    table.add_row("nodes", Text(f"{sum(status.nodes.values()):,}: {nodes}"))
    if status.lacks:
        table.add_row("lacks", Text(status.lacks, style="bold yellow"))
    edges = ", ".join(f"{count:,} {source}" for source, count in sorted(status.edges_by_source.items()))
    table.add_row("edges", Text(f"{sum(status.edges_by_source.values()):,}: {edges}"))
    for source, state in sorted(status.sources.items()):
        told = UNFINISHED.get(state.get("state", ""))
        if told is None:
            chosen = ", ".join(state.get("licences", ()))
            told = f"{state.get('nodes', 0):,} nodes, {state.get('edges', 0):,} edges, "
            told += f"version {state.get('version', '')}; licence: {state.get('licence', '')}"
            told += f"; only {chosen}" if chosen else ""
        table.add_row(
            "source", Text(f"{source}: {told}", style="" if state.get("state") == "loaded" else "bold")
        )
    if status.overlays or status.left_out:
        seen = f"{', '.join(status.overlays) or 'none'} seen"
        table.add_row("overlays", Text(f"{seen}; {', '.join(status.left_out) or 'none'} left out"))
    if status.as_of is not None:
        table.add_row("as of", Text(f"{status.as_of}; edges without a year are counted too"))
    table.add_row("templates", Text(str(status.templates)))
    table.add_row("model", Text(f"{status.model}: {status.model_state}"))
    table.add_row("home", Text(status.home))
    console.print(table)


def indented(console: Console, content: Text | Table) -> None:
    """Prints a part of an answer under its head."""
    console.print(Padding(content, (0, 0, 0, 4)))


def _print_rationale(console: Console, rationale: Rationale) -> None:
    holding = [claim for claim in rationale.claims if claim.status == "holds"]
    struck = [claim for claim in rationale.claims if claim.status == "struck"]
    if rationale.origin == "llm":
        title = f"Why ({rationale.model}: {len(holding)} of {len(rationale.claims)} sentences hold, "
        title += f"{rationale.coverage:.0%} of the evidence used)"
    else:
        title = f"Evidence in words ({rationale.note})"
    if rationale.claims:
        indented(console, Text(title, style="bold"))
    elif rationale.note:
        indented(console, Text(rationale.note, style="yellow"))
    if holding and rationale.origin == "llm":
        text = Text()
        for claim in holding:
            text.append(_sentence(claim) + " ")
        indented(console, text)
    for claim in struck:
        line = Text(_sentence(claim), style="strike dim")
        line.append(f"  struck: {claim.reason}", style="not strike yellow")
        indented(console, line)
    if rationale.unread:
        indented(console, Text(f"not given to the model: {', '.join(rationale.unread)}", style="dim"))


def _sentence(claim: Claim) -> str:
    cited = "".join(map(str, claim.citations))
    text = claim.text.rstrip().rstrip(".")
    return f"{text} {cited}." if cited else f"{text}."


def print_evidence(
    console: Console, items: tuple[Evidence, ...], *, links: int | None = _LINKS_SHOWN
) -> None:
    """Prints paths with their sources, licences and links; `links` None: the first ten, written out."""
    written_out = links is None
    shown = _LINKS_WRITTEN if links is None else links
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for item in items:
        body = Text(item.sentence)
        if item.private:
            body.append("  private", style="bold magenta")
        body.append(f"\n{', '.join(item.sources)} ({'; '.join(item.licences)})", style="dim")
        for link in item.links[:shown]:
            if written_out:
                label = "" if link.label == link.url else f"{link.label}  "
                body.append(f"\n{label}{link.url}", style="dim")
            else:
                body.append("  ")
                body.append(link.label, style=f"dim link {link.url}")
        if len(item.links) > shown:
            told = f"and {len(item.links) - shown} more"
            body.append(f"\n{told}: --json lists them" if written_out else f"  {told}", style="dim")
        # A text's score only puts it in order; of paths it is a share of the evidence.
        share = "" if item.text is not None else f"{item.score:.0%}"
        table.add_row(Text(f"[{item.id}]", style="bold"), Text(share, style="dim"), body)
    indented(console, table)
