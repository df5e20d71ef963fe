"""How an answer looks in a terminal. Everything from the graph is printed as plain text, never as markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from kedrec.types import Answer, Claim, Evidence, Rationale, Recommendation, Status

__all__ = ["print_answer", "print_explanation", "print_recommendation", "print_status"]

_LINKS_SHOWN = 3


def print_answer(console: Console, answer: Answer) -> None:
    """Prints an answer: the question, then each drug with its reasons and paths, then the manifest."""
    head = Text(answer.disease.name, style="bold")
    head.append(f"  {answer.disease.id}", style="dim")
    head.append(f"  {answer.candidates:,} drugs ranked", style="dim")
    console.print(head)
    if answer.abstained:
        console.print(Text(answer.abstained, style="yellow"))
    for recommendation in answer.recommendations:
        console.print()
        print_recommendation(console, recommendation)
    console.print()
    manifest = answer.manifest
    console.print(
        Text(
            f"graph {manifest.fingerprint} at {manifest.graph}; licences of the evidence: "
            f"{', '.join(manifest.licences) or 'none'}",
            style="dim",
        )
    )


def print_recommendation(console: Console, recommendation: Recommendation) -> None:
    """Prints one drug: standing, rationale, paths, adverse evidence."""
    head = Text(f"{recommendation.rank:>2}  ")
    head.append(recommendation.drug.name, style="bold cyan")
    head.append(f"  {recommendation.drug.id}", style="dim")
    if recommendation.probability is not None:
        head.append(f"  probability {recommendation.probability:.3f}")
    else:
        head.append(f"  score {recommendation.score:.3f}")
    for flag in recommendation.flags:
        head.append(f"  {flag}", style="red" if flag == "contraindicated" else "green")
    console.print(head)
    _indented(console, Text(recommendation.verdict))
    _print_rationale(console, recommendation.rationale)
    if recommendation.evidence:
        _indented(console, Text("Paths", style="bold"))
        _print_evidence(console, recommendation.evidence)
    if recommendation.adverse:
        _indented(console, Text("Against", style="bold red"))
        _print_evidence(console, recommendation.adverse)


def print_explanation(console: Console, found: Recommendation) -> None:
    """Prints the evidence of one pair with every link, then what made the score."""
    head = Text(found.drug.name, style="bold cyan")
    head.append(f"  {found.drug.id}  ", style="dim")
    head.append(found.disease.name, style="bold")
    head.append(f"  {found.disease.id}", style="dim")
    console.print(head)
    _indented(console, Text(found.verdict))
    coverage = found.coverage
    _indented(
        console,
        Text(
            f"{coverage.paths:,} paths of {coverage.metapaths} kinds; the drug has {coverage.drug_edges:,} "
            f"edges, the disease {coverage.disease_edges:,}; {coverage.disease_treatments} other drugs are "
            "known to treat it",
            style="dim",
        ),
    )
    if not coverage.enough:
        _indented(console, Text(coverage.reason, style="yellow"))
    for title, items in (("Paths", found.evidence), ("Against", found.adverse)):
        if items:
            _indented(console, Text(title, style="bold"))
            _print_evidence(console, items, links=None)
    if found.score_parts:
        _indented(console, Text("What made the score", style="bold"))
        parts = Table.grid(padding=(0, 1))
        parts.add_column(justify="right", no_wrap=True)
        parts.add_column(overflow="fold")
        for part in sorted(found.score_parts, key=lambda part: -abs(part.contribution)):
            if part.contribution:
                parts.add_row(f"{part.contribution:+.3f}", Text(part.metapath))
        parts.add_row(f"{found.score:+.3f}", Text("score", style="bold"))
        _indented(console, parts)


def print_status(console: Console, status: Status) -> None:
    """Prints what a question would be answered from."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("graph", Text(f"{status.graph} ({status.engine}), fingerprint {status.fingerprint}"))
    nodes = ", ".join(f"{count:,} {kind}" for kind, count in sorted(status.nodes.items()))
    table.add_row("nodes", Text(f"{sum(status.nodes.values()):,}: {nodes}"))
    edges = ", ".join(f"{count:,} {source}" for source, count in sorted(status.edges_by_source.items()))
    table.add_row("edges", Text(f"{sum(status.edges_by_source.values()):,}: {edges}"))
    for source, state in sorted(status.sources.items()):
        table.add_row(
            "source", Text(f"{source}: {', '.join(str(fact) for _, fact in sorted(state.items()))}")
        )
    table.add_row("templates", Text(str(status.templates)))
    table.add_row("model", Text(f"{status.model}: {status.model_state}"))
    table.add_row("home", Text(status.home))
    console.print(table)


def _indented(console: Console, content: Text | Table) -> None:
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
        _indented(console, Text(title, style="bold"))
    elif rationale.note:
        _indented(console, Text(rationale.note, style="yellow"))
    if holding and rationale.origin == "llm":
        text = Text()
        for claim in holding:
            text.append(_sentence(claim) + " ")
        _indented(console, text)
    for claim in struck:
        line = Text(_sentence(claim), style="strike dim")
        line.append(f"  struck: {claim.reason}", style="not strike yellow")
        _indented(console, line)


def _sentence(claim: Claim) -> str:
    cited = "".join(f"[{citation.id}]" for citation in claim.citations)
    text = claim.text.rstrip().rstrip(".")
    return f"{text} {cited}." if cited else f"{text}."


def _print_evidence(
    console: Console, items: tuple[Evidence, ...], *, links: int | None = _LINKS_SHOWN
) -> None:
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for item in items:
        body = Text(item.sentence)
        body.append(f"\n{', '.join(item.sources)} ({'; '.join(item.licences)})", style="dim")
        for link in item.links[:links]:
            if links is None:
                body.append(f"\n{link.label}  {link.url}", style="dim")
            else:
                body.append("  ")
                body.append(link.label, style=f"dim link {link.url}")
        if links is not None and len(item.links) > links:
            body.append(f"  and {len(item.links) - links} more", style="dim")
        table.add_row(Text(f"[{item.id}]", style="bold"), Text(f"{item.score:.0%}", style="dim"), body)
    _indented(console, table)
