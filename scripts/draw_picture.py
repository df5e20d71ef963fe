"""Draws an answer as a picture: the graph, the ranking, the paths, the rationale with what was struck.

    kedrec ask --disease "gout" --top 3 --json > answer.json
    python scripts/draw_picture.py answer.json [--drug NAME] > docs/picture.svg

Nothing is drawn that the answer doesn't hold. The drug explained is the first with a struck
sentence, else the first.
"""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

WIDTH, HEIGHT = 1200, 430
PANEL, GAP, TOP = 282, 24, 64
INK, MUTED, LINE, ACCENT, STRUCK = "#1c2733", "#5c6b7a", "#c5ced8", "#1769aa", "#b3261e"
COLOURS = {"Drug": "#1769aa", "Disease": "#b3261e", "Gene": "#2e7d32"}
FONT = "Helvetica, Arial, sans-serif"


def text(
    parent: ET.Element, x: float, y: float, content: str, *, size: int = 13, fill: str = INK, **more: str
) -> None:
    """Adds one line of text."""
    attributes = {"x": f"{x:.0f}", "y": f"{y:.0f}", "font-size": str(size), "fill": fill, "font-family": FONT}
    ET.SubElement(
        parent, "text", attributes | {k.replace("_", "-"): v for k, v in more.items()}
    ).text = content


def wrapped(
    parent: ET.Element, x: float, y: float, content: str, *, columns: int, size: int = 13, **more: str
) -> float:
    """Adds text over several lines; returns where the next one begins."""
    for line in textwrap.wrap(content, columns):
        text(parent, x, y, line, size=size, **more)
        y += size * 1.35
    return y


def panel(parent: ET.Element, number: int, title: str, subtitle: str) -> ET.Element:
    """Adds a frame with a title, the `number`th from the left; returns the group inside it."""
    x = GAP / 2 + number * (PANEL + GAP - 6)
    group = ET.SubElement(parent, "g", {"transform": f"translate({x:.0f},{TOP})"})
    frame = {"width": str(PANEL - 10), "height": str(HEIGHT - TOP - 16), "rx": "8", "fill": "#ffffff"}
    ET.SubElement(group, "rect", frame | {"stroke": LINE})
    text(group, 14, 26, title, size=15, font_weight="bold")
    text(group, 14, 44, subtitle, size=11, fill=MUTED)
    if number:
        arrow = f"M -13 {(HEIGHT - TOP) / 2:.0f} l 8 6 l -8 6 z"
        ET.SubElement(group, "path", {"d": arrow, "fill": MUTED})
    return group


def draw_graph(group: ET.Element, evidence: list[dict[str, Any]]) -> None:
    """Draws the paths as nodes and links, from the drug at the top to the disease at the bottom."""
    levels: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {}
    longest = max(len(one["path"]["nodes"]) for one in evidence)
    links = []
    for one in evidence:
        nodes = one["path"]["nodes"]
        for index, node in enumerate(nodes):
            level = longest - 1 if index == len(nodes) - 1 else index
            levels.setdefault((node["kind"], node["id"]), (level, node))
        links += [((a["kind"], a["id"]), (b["kind"], b["id"])) for a, b in pairwise(nodes)]
    at = {}
    for level in range(longest):
        row = [key for key, (of, _) in levels.items() if of == level]
        for index, key in enumerate(row):
            # Neighbours stand a little higher and lower, so that their names don't meet.
            lower = 22 * (index % 2) if len(row) > 1 else 0
            at[key] = (
                (PANEL - 10) * (index + 1) / (len(row) + 1),
                84 + lower + level * 240 / (longest - 1),
            )
    for start, end in dict.fromkeys(links):
        (x1, y1), (x2, y2) = at[start], at[end]
        ends = {"x1": f"{x1:.0f}", "y1": f"{y1:.0f}", "x2": f"{x2:.0f}", "y2": f"{y2:.0f}"}
        ET.SubElement(group, "line", ends | {"stroke": LINE, "stroke-width": "2"})
    for key, (x, y) in at.items():
        node = levels[key][1]
        fill = COLOURS.get(node["kind"], MUTED)
        ET.SubElement(group, "circle", {"cx": f"{x:.0f}", "cy": f"{y:.0f}", "r": "9", "fill": fill})
        name = textwrap.shorten(node["name"], 26, placeholder="…")
        text(group, x, y - 14 if y < 300 else y + 24, name, size=11, text_anchor="middle")


def draw_ranking(group: ET.Element, recommendations: list[dict[str, Any]], chosen: int) -> None:
    """Draws each drug's probability as a bar, with its interval."""
    most = max(one["high"] for one in recommendations)
    for index, one in enumerate(recommendations):
        y = 84 + index * 62
        scale = (PANEL - 60) / most
        fill = ACCENT if index == chosen else MUTED
        text(group, 14, y, f"{one['rank']}  {one['drug']['name']}", size=13, fill=fill)
        bar = {"x": "14", "y": f"{y + 8}", "height": "12", "width": f"{one['probability'] * scale:.0f}"}
        ET.SubElement(group, "rect", bar | {"fill": fill, "opacity": "0.75"})
        low, high = (14 + one[side] * scale for side in ("low", "high"))
        whisker = {"x1": f"{low:.0f}", "x2": f"{high:.0f}", "y1": f"{y + 14}", "y2": f"{y + 14}"}
        ET.SubElement(group, "line", whisker | {"stroke": INK, "stroke-width": "1.5"})
        text(
            group,
            14,
            y + 36,
            f"probability {one['probability']:.3f}, {one['badge']['standing']}",
            size=11,
            fill=MUTED,
        )


def draw_paths(group: ET.Element, evidence: list[dict[str, Any]]) -> None:
    """Writes the paths, each with its share of the evidence."""
    y = 72.0
    for one in evidence:
        text(group, 14, y, f"{one['id']}  {one['score']:.0%} of the evidence", size=11, fill=ACCENT)
        y = wrapped(group, 14, y + 18, one["sentence"], columns=38, size=12) + 12


def draw_rationale(group: ET.Element, claims: list[dict[str, Any]]) -> None:
    """Writes the model's sentences; struck ones are crossed out, with the reason."""
    y = 72.0
    for claim in claims:
        struck = claim["status"] == "struck"
        cited = " ".join(f"[{one['id']}]" for one in claim["citations"])
        for line in textwrap.wrap(f"{claim['text']} {cited}", 40):
            text(group, 14, y, line, size=12, fill=STRUCK if struck else INK)
            if struck:  # a line of its own: not every viewer draws text-decoration
                ends = {
                    "x1": "14",
                    "x2": f"{14 + 6.1 * len(line):.0f}",
                    "y1": f"{y - 4:.0f}",
                    "y2": f"{y - 4:.0f}",
                }
                ET.SubElement(group, "line", ends | {"stroke": STRUCK, "stroke-width": "1.2"})
            y += 16.2
        note = f"struck: {claim['reason']}" if struck else "holds"
        y = wrapped(group, 14, y, note, columns=44, size=11, fill=MUTED) + 12


def draw(answer: dict[str, Any], drug: str = "") -> ET.Element:
    """The picture of an answer.

    Raises:
        SystemExit: no drug of the answer has paths and sentences.
    """
    rows = answer["recommendations"]

    def fits(one: dict[str, Any]) -> bool:
        return bool(one["evidence"] and one["rationale"]["claims"]) and drug in ("", one["drug"]["name"])

    shown = [index for index, one in enumerate(rows) if fits(one)]
    if not shown:
        raise SystemExit("The answer has no such drug with paths and sentences.")
    struck = [
        index for index in shown
        if any(claim["status"] == "struck" for claim in rows[index]["rationale"]["claims"])
    ]  # fmt: skip
    chosen = (struck or shown)[0]
    evidence = [one for one in rows[chosen]["evidence"] if one["path"]][:3]
    size = {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "width": str(WIDTH), "height": str(HEIGHT)}
    svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img"} | size)
    name, disease = rows[chosen]["drug"]["name"], answer["disease"]["name"]
    ET.SubElement(svg, "title").text = f"{name} for {disease}: graph, ranking, paths, rationale"
    ET.SubElement(svg, "rect", {"width": "100%", "height": "100%", "fill": "#f6f8fa"})
    text(svg, 14, 38, f"Which drugs could treat {disease}, and why?", size=20, font_weight="bold")
    draw_graph(panel(svg, 0, "1  Graph", "what sources state, edge by edge"), evidence)
    draw_ranking(panel(svg, 1, "2  Ranking", "the treatment asked about is hidden"), rows, chosen)
    draw_paths(panel(svg, 2, "3  Paths", f"that speak for {name}"), evidence)
    draw_rationale(
        panel(svg, 3, "4  Rationale", "the model's words, each sentence checked"),
        rows[chosen]["rationale"]["claims"],
    )
    return svg


def main() -> None:
    """Prints the picture of the answer in a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("answer", type=Path, help="what kedrec ask --json printed")
    parser.add_argument("--drug", default="", help="name of the drug to explain")
    options = parser.parse_args()
    svg = draw(json.loads(options.answer.read_text(encoding="utf-8")), options.drug)
    ET.indent(svg)
    sys.stdout.write(ET.tostring(svg, encoding="unicode") + "\n")


if __name__ == "__main__":
    main()
