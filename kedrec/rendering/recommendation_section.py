"""Renders one recommendation as a section of a page: verdict, rationale, drawing, evidence, warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.common.counted_nouns import counted
from kedrec.rendering.graph_drawing import Drawing
from kedrec.rendering.markup import Content, Element, element, linked, table
from kedrec.rendering.notes import baseline_note, predicted_text, rationale_title, titled_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.types import Claim, Evidence, Rationale, Recommendation, Safety

__all__ = ["drawing_of", "evidence_list", "probability_cell", "recommendation_section", "warnings_cell"]

_MAX_LINKS = 10  # of an item of evidence
_MAX_DRAWN = 12  # paths


def recommendation_section(
    recommendation: Recommendation, prefix: str, asked: str, *, is_listed: bool = True
) -> Element:
    """A recommendation as a section.

    Args:
        recommendation: the recommendation.
        prefix: of the ids in it, and its own id.
        asked: `disease` to name the drug, `drug` to name the disease, `pair` for both.
        is_listed: False to leave the paths to others.
    """
    drug, disease = recommendation.drug, recommendation.disease
    entity = disease if asked == "drug" else drug
    head = f"{drug.name} ({drug.id}), {disease.name} ({disease.id})"
    if asked != "pair":
        head = f"{recommendation.rank}. {entity.name} ({entity.id})"
    contents: list[Content] = [
        element("h2", head),
        element("p", *_badges(recommendation)),
        element("p", recommendation.verdict, class_=_tone(recommendation.safety)),
        element("p", probability_cell(recommendation)),
    ]
    clinical = recommendation.clinical.text
    notes = (
        baseline_note(recommendation),
        recommendation.badge.note,
        f"{drug.name}: {clinical}" if clinical else "",
        "" if recommendation.coverage.enough else recommendation.coverage.reason,
    )
    contents += [element("p", note, class_="soft") for note in notes if note]
    contents += _rationale(recommendation.rationale, prefix)
    drawn = (*recommendation.evidence[:_MAX_DRAWN], *recommendation.adverse)
    if drawn:
        contents += [
            element("h3", "Graph"),
            *drawing_of(Drawing.of_evidence(drug, disease, drawn), prefix),
        ]
    if recommendation.evidence and is_listed:
        contents += [element("h3", "Paths"), evidence_list(recommendation.evidence, prefix)]
    for title, items in titled_texts(recommendation.texts):
        contents += [element("h3", title), evidence_list(items, prefix)]
    return element("section", *contents, *_safety(recommendation, prefix), *_parts(recommendation), id=prefix)


def drawing_of(drawing: Drawing, prefix: str) -> list[Content]:
    """A drawing, and the table of its edges below it; nothing for a graph without an edge."""
    if not drawing.has_lines:
        return []
    edges = element(
        "details",
        element("summary", "Edges with sources and licences"),
        drawing.edge_table(prefix),
        open="open",
    )
    return [element("figure", drawing.svg(prefix)), edges]


def probability_cell(recommendation: Recommendation) -> Element:
    """The probability as a bar and a number with its interval; the score where there is none."""
    probability = recommendation.probability
    if probability is None:
        return element("span", f"score {recommendation.score:.3f}")
    interval = ""
    if recommendation.low is not None and recommendation.high is not None:
        interval = f" ({recommendation.low:.3f}-{recommendation.high:.3f})"
    bar = element("span", element("span", style=f"width:{probability:.1%}"), class_="bar", aria_hidden="true")
    return element("span", bar, f"{probability:.3f}", element("span", interval, class_="soft"))


def warnings_cell(recommendation: Recommendation) -> Element:
    """Sentences against a pair."""
    return element("span", ", ".join(recommendation.flags[1:]), class_="warning")


def evidence_list(items: Sequence[Evidence], prefix: str) -> Element:
    """Evidence with ids, shares, sources, licences and links."""
    entries = []
    for item in items:
        share = f" {item.score:.0%}" if item.text is None else ""
        marks = [word for word, holds in (
            ("association only", item.role == "association"),
            ("against", item.stance == "adverse"),
            ("private", item.private),
        ) if holds]  # fmt: skip
        sources = f"{', '.join(item.sources)} ({'; '.join(item.licences) or 'no licence stated'})"
        links = element("span", class_="soft")
        for link in item.links[:_MAX_LINKS]:
            links.append(linked(link.label, link.url))
            links.append(element("span", "  "))
        if len(item.links) > _MAX_LINKS:
            links.append(element("span", f"and {len(item.links) - _MAX_LINKS} more"))
        quoted = item.text is not None and item.text.quote
        entries.append(
            element(
                "li",
                element("strong", f"[{item.id}]"),
                f"{share} {item.sentence}",
                *(element("span", f" {mark}", class_="badge") for mark in marks),
                element("q", item.text.quote) if item.text is not None and quoted else None,
                element("div", sources, class_="soft"),
                links,
                id=f"{prefix}-{item.id}",
            )
        )
    return element("ul", *entries)


def _badges(recommendation: Recommendation) -> list[Content]:
    standing = recommendation.badge.standing
    return [
        element("span", flag, class_=f"badge {standing if flag == standing else 'warning'}")
        for flag in recommendation.flags
    ]


def _tone(safety: Safety) -> str | None:
    return "warning" if safety.contraindicated else None


def _rationale(rationale: Rationale, prefix: str) -> list[Content]:
    """The claims that hold as a paragraph, the struck ones struck, each with its reason."""
    if not rationale.claims:
        return [element("p", rationale.note, class_="soft")] if rationale.note else []
    contents: list[Content] = [element("h3", rationale_title(rationale))]
    holding = [claim for claim in rationale.claims if claim.status == "holds"]
    struck = [claim for claim in rationale.claims if claim.status == "struck"]
    if holding:
        contents.append(element("p", *(_sentence(claim, prefix) for claim in holding)))
    entries = [
        element("li", element("strong", "Struck: "), element("s", _sentence(claim, prefix)),
                f"({claim.reason})")
        for claim in struck
    ]  # fmt: skip
    if entries:
        contents.append(element("ul", *entries, class_="struck"))
    if rationale.unread:
        contents.append(element("p", f"not given to the model: {', '.join(rationale.unread)}", class_="soft"))
    return contents


def _sentence(claim: Claim, prefix: str) -> Element:
    """A claim with its citations, linked to what they cite."""
    citations = [
        element("a", str(citation), href=f"#{prefix}-{citation.id}")
        if citation.known
        else element("span", str(citation))
        for citation in claim.citations
    ]
    space = " " if citations else ""
    return element("span", claim.text.rstrip().rstrip(".") + space, *citations, ". ")


def _safety(recommendation: Recommendation, prefix: str) -> list[Content]:
    safety = recommendation.safety
    trials = [item for item in recommendation.texts.trials if item.stance == "adverse"]
    contents: list[Content] = []
    for title, items in (("Against", (*recommendation.adverse, *trials)), ("Caution", safety.cautions)):
        if items:
            contents += [element("h3", title, class_="warning"), evidence_list(items, prefix)]
    listed = safety.listed
    contents.append(
        element(
            "p",
            f"Contraindications in the graph: {listed.of_drug:,} of {recommendation.drug.name}, "
            f"{listed.of_disease:,} in {recommendation.disease.name}",
            class_="soft",
        )
    )
    effects = []
    if safety.side_effects:
        rarest = ", ".join(f"{one.effect.name} ({counted(one.drugs, 'drug')})" for one in safety.specific)
        effects.append(f"{safety.side_effects:,} listed; the rarest among drugs: {rarest}")
    if safety.worsening:
        names = ", ".join(one.effect.name for one in safety.worsening)
        effects.append(f"can cause what {recommendation.disease.name} is or presents with: {names}")
    if safety.predicted:
        effects.append(
            f"predicted from similar drugs, not listed: {', '.join(map(predicted_text, safety.predicted))}"
        )
    if effects:
        contents += [element("h3", "Side effects"), element("ul", *(element("li", one) for one in effects))]
    return contents


def _parts(recommendation: Recommendation) -> list[Content]:
    """The parts of the score, folded."""
    if not recommendation.score_parts:
        return []
    rows: list[list[Content]] = [
        [part.title, f"{part.contribution:+.3f}"] for part in recommendation.score_parts
    ]
    rows = [["base", f"{recommendation.base:+.3f}"], *rows, ["score", f"{recommendation.score:+.3f}"]]
    unit = "log-odds" if recommendation.probability is not None else "not fitted: in no unit"
    return [
        element(
            "details", element("summary", f"What made the score ({unit})"), table(["part", "share"], rows)
        )
    ]
