"""Renders an answer, an explanation, a comparison or a subgraph as HTML that needs nothing beside it.

Texts of graphs, papers and models become text nodes and attributes of an element tree, so none of them is
ever read as HTML. There is no script, and no style, picture or font from elsewhere.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TypeAlias

from kedrec.answers.subgraph import Subgraph
from kedrec.common.counted_nouns import counted
from kedrec.rendering.answer_table import group_rows, known_treatments_note, mechanism_groups
from kedrec.rendering.gene_list_notes import gene_list_notes
from kedrec.rendering.graph_drawing import Drawing
from kedrec.rendering.markup import Content, Element, element, html_text, table
from kedrec.rendering.notes import (
    as_of_note,
    left_out_notes,
    narrower_note,
    order_note,
    texts_footnote,
    undated_texts_note,
)
from kedrec.rendering.recommendation_section import (
    drawing_of,
    evidence_list,
    probability_cell,
    recommendation_section,
    warnings_cell,
)
from kedrec.types import Answer, Comparison, DiseaseAnswer, Manifest, Recommendation

__all__ = ["Rendered", "fragment", "page"]

Rendered: TypeAlias = Answer | DiseaseAnswer | Recommendation | Comparison | Subgraph
"""Types that can be rendered."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"  # nothing is fetched, whatever the texts say
_MAX_PARTS = 12  # compared parts of scores, and metapaths
_DIGEST = 8  # hexadecimal digits


def page(rendered: Rendered) -> str:
    """A whole page of HTML, to be saved as one file."""
    body = _body(rendered)
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{body.findtext('.//h1', '')}: KEDRec"),
        _style(),
    )
    return (
        "<!doctype html>\n"
        + html_text(element("html", head, element("body", body, class_="kedrec-page"), lang="en"))
        + "\n"
    )


def fragment(rendered: Rendered) -> str:
    """A part of a page, with its style, to be shown among others."""
    return html_text(element("div", _style(), _body(rendered)))


@cache
def _css() -> str:
    return Path(__file__).with_name("answer.css").read_text(encoding="utf-8")


def _style() -> Element:
    return element("style", _css())


def _body(rendered: Rendered) -> Element:
    # Ids begin with a digest of the content, so that several answers can be on one page.
    content = repr(rendered).encode("utf-8", "surrogatepass")
    prefix = f"k{hashlib.sha256(content).hexdigest()[:_DIGEST]}"
    match rendered:
        case Answer() | DiseaseAnswer():
            contents = _answer(rendered, prefix)
        case Recommendation():
            drug, disease = rendered.drug, rendered.disease
            contents = [
                element("h1", f"{drug.name} for {disease.name}"),
                *_paragraphs([substitution.text for substitution in rendered.taken_for], "warning"),
                recommendation_section(rendered, prefix, "pair"),
            ]
        case Comparison():
            contents = _comparison(rendered, prefix)
        case Subgraph():
            contents = _subgraph(rendered, prefix)
    return element("main", *contents, class_="kedrec")


def _answer(answer: Answer | DiseaseAnswer, prefix: str) -> list[Content]:
    target = answer.disease if answer.asked == "disease" else answer.drug
    nouns = ("Drugs", "drugs") if answer.asked == "disease" else ("Diseases", "diseases")
    notes = [substitution.text for substitution in answer.taken_for]
    if answer.manifest.ranking.startswith("unfitted"):
        notes.append(f"The ranking is not fitted on this graph ({answer.manifest.ranking}).")
    if answer.abstained:
        notes.append(answer.abstained)
    contents: list[Content] = [
        element("h1", f"{nouns[0]} for {target.name}"),
        element("p", f"{target.id}; {answer.candidates:,} {nouns[1]} ranked", class_="soft"),
        *_paragraphs(notes, "warning"),
    ]
    if answer.asked == "disease" and answer.narrower_count:
        contents += _paragraphs([narrower_note(answer)], "soft")
    if answer.asked == "disease" and answer.gene_list is not None:
        contents += _paragraphs(gene_list_notes(answer.gene_list), "soft")
    if answer.recommendations:
        contents.append(_ranked_table(answer, prefix))
    contents += _paragraphs(
        [known_treatments_note(answer), *left_out_notes(answer), order_note(answer)], "soft"
    )
    contents += [
        recommendation_section(one, f"{prefix}-r{i}", answer.asked) for i, one in enumerate(answer, 1)
    ]
    texts = [one.texts for one in answer]
    year = answer.manifest.as_of.year if answer.manifest.as_of is not None else None
    return [
        *contents,
        *_paragraphs([undated_texts_note(texts, year) if year is not None else ""], "warning"),
        _manifest_section(answer.manifest),
    ]


def _ranked_table(answer: Answer | DiseaseAnswer, prefix: str) -> Element:
    """The table of the groups, as the command prints it, with links to the sections below."""
    place = {id(one): i for i, one in enumerate(answer, 1)}
    rows: list[list[Content]] = []
    for cells, group in zip(group_rows(answer), mechanism_groups(answer), strict=True):
        first = group[0]
        name = element("a", cells["name"], href=f"#{prefix}-r{place[id(first)]}")
        also = cells["same mechanism"]
        named = element("span", name, element("span", f" also: {also}", class_="soft") if also else None)
        badge = element("span", cells["status"], class_=f"badge {first.badge.standing}")
        rows.append([cells["rank"], named, badge, probability_cell(first), cells["clinic"],
                     cells["mechanism"], warnings_cell(first)])  # fmt: skip
    noun = "drug" if answer.asked == "disease" else "disease"
    head = ["rank", noun, "status", "probability", "clinic", "mechanism in one phrase", "warnings"]
    return table(head, rows)


def _comparison(comparison: Comparison, prefix: str) -> list[Content]:
    left, right = comparison.left, comparison.right
    names = [left.drug.name, right.drug.name, "difference"]
    parts = [[part.title, *_signed(part.left, part.right)] for part in comparison.parts[:_MAX_PARTS]]
    parts.append(["score", *_signed(left.score, right.score)])
    metapaths: list[list[Content]] = [
        [row.metapath, f"{row.left:,}", f"{row.right:,}", f"{row.left - row.right:+,}"]
        for row in comparison.metapaths[:_MAX_PARTS]
    ]
    contents: list[Content] = [
        element("h1", f"{names[0]} and {names[1]} for {comparison.disease.name}"),
        *_paragraphs([substitution.text for substitution in comparison.taken_for], "warning"),
        element("p", comparison.verdict),
        element("h2", "What made the scores"),
        table(["part", *names], parts),
        element("h2", "Paths in the graph"),
        table(["metapath", *names], metapaths),
    ]
    sides = zip((left, right), comparison.shared, comparison.exclusive, (right, left), strict=True)
    for i, (one, shared, exclusive, other) in enumerate(sides, 1):
        ids = f"{prefix}-r{i}"
        contents.append(recommendation_section(one, ids, "disease", is_listed=False))
        for title, chosen in (
            (f"Paths that {other.drug.name} has too", shared),
            (f"Paths that {other.drug.name} doesn't have", exclusive),
        ):
            items = [item for item in one.evidence if item.id in chosen]
            if items:
                contents += [element("h3", title), evidence_list(items, ids)]
    return [*contents, _manifest_section(comparison.manifest)]


def _signed(left: float, right: float) -> list[Content]:
    return [f"{round(value, 3) + 0.0:+.3f}" for value in (left, right, left - right)]


def _subgraph(graph: Subgraph, prefix: str) -> list[Content]:
    drawing = Drawing.of_edges(graph.drug, graph.disease, graph.nodes, graph.edges)
    return [
        element("h1", f"From {graph.drug.name} to {graph.disease.name}"),
        *_paragraphs([substitution.text for substitution in graph.taken_for], "warning"),
        element(
            "p", f"{counted(len(graph.nodes), 'node')}, {counted(len(graph.edges), 'edge')}", class_="soft"
        ),
        *drawing_of(drawing, prefix),
    ]


def _manifest_section(manifest: Manifest) -> Element:
    """Everything that the answer depends on."""
    terms: list[Content] = []
    for name, value in manifest.model_dump(mode="json", exclude={"as_of", "texts"}).items():
        if value not in ("", [], None):
            shown = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
            terms += [element("dt", name.replace("_", " ")), element("dd", shown)]
    notes = [texts_footnote(manifest)]
    if manifest.as_of is not None:
        notes.append(as_of_note(manifest.as_of))
    return element(
        "section",
        element("h2", "Made from"),
        *_paragraphs(notes, "soft"),
        element("dl", *terms),
        element(
            "p", "Equal values give equal answers. A prediction is no advice on treatment.", class_="soft"
        ),
    )


def _paragraphs(notes: list[str], class_: str) -> list[Content]:
    """A paragraph for each note that isn't empty."""
    return [element("p", note, class_=class_) for note in notes if note]
