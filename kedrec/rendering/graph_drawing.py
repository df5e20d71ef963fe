"""Draws the graph between a drug and a disease as SVG, with a table of its edges.

Relations differ by colour (the palette of Okabe and Ito, which colour-blind readers can tell apart) and by
the pattern of their line. Lines have numbers, which the table of edges explains.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from kedrec.common.counted_nouns import counted
from kedrec.common.plain_text import escaped_controls
from kedrec.rendering.graph_layout import lay_out, layers_of_links, layers_of_paths
from kedrec.rendering.markup import Element, Svg, element, linked, table
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.answers.subgraph import Subgraph
    from kedrec.rendering.graph_layout import Layout
    from kedrec.types import Edge, Entity, Evidence

__all__ = ["Drawing", "plot"]

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
_PATTERNS = (None, "7 3", "2 3", "9 3 2 3")
_FILLS = {"Drug": "#dbeafe", "Disease": "#fde2d4", "Gene": "#dcf5e7"}
_OTHER_FILL = "#f1f1f1"
_BOX = (150, 38)  # pixels of a node
_GAP = (84, 20)  # pixels between layers, and between rows
_MARGIN = 14
_LEGEND = 20  # pixels of a line of the legend
_LONGEST = 19  # columns of a name in a box
_FONT = "system-ui, 'Segoe UI', 'Liberation Sans', Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class _Line:
    """All edges of one relation between two nodes."""

    number: int
    edges: tuple[Edge, ...]
    adverse: bool

    @property
    def relation(self) -> str:
        return self.edges[0].relation

    @property
    def ends(self) -> tuple[str, str]:
        return self.edges[0].start, self.edges[0].end

    @property
    def phrase(self) -> str:
        """The relation in words, as its edges' action says it: START phrase END."""
        relation = load_schema().relations.get(self.relation)
        actions = sorted({edge.action for edge in self.edges if edge.action})
        if relation is None:
            return self.relation.lower().replace("_", " ")
        return relation.wording_for(actions[0] if len(actions) == 1 else "").phrase


class Drawing:
    """A graph as it is drawn.

    Attributes:
        title: its title, for those who can't see it.
    """

    def __init__(
        self, title: str, nodes: Sequence[Entity], lines: Sequence[_Line], layers: dict[str, int]
    ) -> None:
        self.title = title
        self._nodes = {node.id: node for node in nodes}
        self._lines = [line for line in lines if all(end in layers for end in line.ends)]
        self._layers = layers
        relations = list(dict.fromkeys(line.relation for line in self._lines))
        self._styles = {
            relation: (_COLOURS[i % len(_COLOURS)], _PATTERNS[i % len(_PATTERNS)])
            for i, relation in enumerate(relations)
        }

    @classmethod
    def of_evidence(cls, drug: Entity, disease: Entity, items: Iterable[Evidence]) -> Drawing:
        """The paths of some evidence; a node's layer is its place on them."""
        nodes = {drug.id: drug, disease.id: disease}
        edges: dict[tuple[str, str, str, str], Edge] = {}
        adverse: dict[tuple[str, str, str], bool] = {}
        paths: list[list[str]] = []
        for item in items:
            if item.path is None:
                continue
            paths.append([node.id for node in item.path.nodes])
            nodes |= {node.id: node for node in item.path.nodes}
            for edge in (edge for step in item.path.steps for edge in step.edges):
                edges[edge.start, edge.relation, edge.end, edge.source] = edge
                key = (edge.start, edge.relation, edge.end)
                adverse[key] = adverse.get(key, True) and item.stance == "adverse"
        layers = layers_of_paths(paths or [[drug.id, disease.id]])
        lines = _lines(edges.values(), adverse)
        return cls(_title(drug, disease), list(nodes.values()), lines, layers)

    @classmethod
    def of_edges(
        cls, drug: Entity, disease: Entity, nodes: Sequence[Entity], edges: Iterable[Edge]
    ) -> Drawing:
        """Any nodes and edges; a node's layer is its distance from the drug."""
        lines = _lines(edges, {})
        ids = [node.id for node in nodes]
        layers = layers_of_links(drug.id, disease.id, ids, [line.ends for line in lines])
        return cls(_title(drug, disease), nodes, lines, {id_: layers[id_] for id_ in ids})

    @property
    def has_lines(self) -> bool:
        """False for a graph without an edge."""
        return bool(self._lines)

    @property
    def licences(self) -> tuple[str, ...]:
        """The licences of the edges, sorted."""
        return tuple(sorted({edge.licence for line in self._lines for edge in line.edges if edge.licence}))

    def svg(self, prefix: str | None = None, caption: str = "") -> Element:
        """The drawing.

        Args:
            prefix: of the ids in the table of edges, which the lines then link to.
            caption: a text below it.
        """
        layout = lay_out(self._layers, _pairs(self._lines))
        width = 2 * _MARGIN + layout.layers * (_BOX[0] + _GAP[0]) - _GAP[0]
        top = 2 * _MARGIN + max(layout.rows, 1) * (_BOX[1] + _GAP[1])
        height = top + _LEGEND * (len(self._styles) + bool(caption)) + _MARGIN
        root = element(
            "svg",
            element("title", self.title),
            element("desc", self._description()),
            element("rect", width="100%", height="100%", fill="#ffffff"),
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {width} {height}",
            width=f"{width}",
            height=f"{height}",
            role="img",
            font_family=_FONT,
            font_size="12",
        )
        numbers: list[Element] = []
        for line, offset in _spread(self._lines):
            root.append(self._drawn_line(line, offset, layout))
            numbers.append(self._number(line, offset, layout, prefix))
        root.extend(self._box(node, layout) for node in self._layers if node in layout.positions)
        root.extend(numbers)
        root.extend(self._legend(top))
        if caption:
            root.append(_words(caption, _MARGIN, height - _MARGIN / 2, fill="#555555"))
        return root

    def edge_table(self, prefix: str) -> Element:
        """A table with a row for every edge: ends, relation, source, licence, year, references.

        Args:
            prefix: of the ids of its rows.
        """
        schema = load_schema()
        rows: list[list[str | Element | None]] = []
        for line in self._lines:
            start, end = (self._nodes[id_].name for id_ in line.ends)
            for i, edge in enumerate(line.edges):
                references = element("span")
                for reference in edge.references:
                    references.append(linked(reference, schema.url(reference)))
                    references.append(element("span", " "))
                number = element("span", str(line.number), id=f"{prefix}-e{line.number}" if not i else None)
                private = " (private)" if edge.private else ""
                year = "" if edge.year is None else str(edge.year)
                rows.append([number, start, line.phrase, end, edge.source + private, edge.licence, year,
                             edge.evidence, references])  # fmt: skip
        head = ["line", "from", "relation", "to", "source", "licence", "year", "basis", "references"]
        return table(head, rows, class_="edges")

    def _description(self) -> str:
        sentences = (self._sentence(line) for line in self._lines)
        return f"{counted(len(self._layers), 'node')}, {counted(len(self._lines), 'line')}. " + " ".join(
            sentences
        )

    def _sentence(self, line: _Line) -> str:
        start, end = (self._nodes[id_].name for id_ in line.ends)
        sources = "; ".join(f"{edge.source}, {edge.licence or 'no licence stated'}" for edge in line.edges)
        return f"{line.number}: {start} {line.phrase} {end} ({sources})."

    def _points(self, line: _Line, offset: float, layout: Layout) -> list[tuple[float, float]]:
        """The points that a line is drawn through: the edges of its boxes, and the bends between."""
        route = layout.routes[min(line.ends), max(line.ends)]
        xs_ys = [(x, y + offset) for x, y in (_centre(position) for position in route)]
        (first_x, first_y), (last_x, last_y) = xs_ys[0], xs_ys[-1]
        if route[0][0] == route[-1][0]:  # within a layer, round its right side
            right, middle = first_x + _BOX[0] / 2, (first_y + last_y) / 2
            return [(right, first_y), (right + 26 + abs(offset), middle), (right, last_y)]
        half = _BOX[0] / 2
        bends = [point for x, y in xs_ys[1:-1] for point in ((x - half, y), (x + half, y))]
        return [(first_x + half, first_y), *bends, (last_x - half, last_y)]

    def _drawn_line(self, line: _Line, offset: float, layout: Layout) -> Element:
        points = self._points(line, offset, layout)
        colour, pattern = self._styles[line.relation]
        d = f"M{points[0][0]:.0f} {points[0][1]:.0f}"
        if layout.positions[line.ends[0]][0] == layout.positions[line.ends[1]][0]:
            d += " Q" + " ".join(f"{x:.0f} {y:.0f}" for x, y in points[1:])
        else:
            for (x, y), (next_x, next_y) in pairwise(points):
                bend = (next_x - x) / 2
                d += f" C{x + bend:.0f} {y:.0f} {next_x - bend:.0f} {next_y:.0f} {next_x:.0f} {next_y:.0f}"
        curve = element("path", d=d, fill="none", stroke=colour, stroke_width="1.8", stroke_dasharray=pattern)
        return element("g", element("title", self._sentence(line)), curve, self._arrow(line, points, colour))

    def _arrow(self, line: _Line, points: list[tuple[float, float]], colour: str) -> Element | None:
        """The arrow head at the end of the stored direction; None for a symmetric relation."""
        relation = load_schema().relations.get(line.relation)
        if relation is not None and relation.symmetric:
            return None
        layers = self._layers
        start, end = line.ends
        runs_right = (layers[start], start) <= (layers[end], end)
        x, y = points[-1] if runs_right else points[0]
        same_layer = layers[start] == layers[end]
        dx = -8 if runs_right and not same_layer else 8
        return element("path", d=f"M{x:.0f} {y:.0f} l{dx} -4 v8 z", fill=colour)

    def _number(self, line: _Line, offset: float, layout: Layout, prefix: str | None) -> Element:
        points = self._points(line, offset, layout)
        (x, y), (next_x, next_y) = points[0], points[1]
        middle_x, middle_y = (x + next_x) / 2, (y + next_y) / 2
        mark = element(
            "g",
            element("title", self._sentence(line)),
            element(
                "circle",
                cx=f"{middle_x:.0f}", cy=f"{middle_y:.0f}", r="9",
                fill="#ffffff", stroke="#b00020" if line.adverse else "#777777",
            ),
            _words(str(line.number), middle_x, middle_y + 4, font_size="10", text_anchor="middle"),
        )  # fmt: skip
        return mark if prefix is None else element("a", mark, href=f"#{prefix}-e{line.number}")

    def _box(self, id_: str, layout: Layout) -> Element:
        node = self._nodes[id_]
        x, y = _centre(layout.positions[id_])
        left, top = x - _BOX[0] / 2, y - _BOX[1] / 2
        kind = load_schema().kinds.get(node.kind)
        return element(
            "g",
            element("title", f"{node.name} ({node.kind}, {node.id})"),
            element(
                "rect",
                x=f"{left:.0f}", y=f"{top:.0f}", width=str(_BOX[0]), height=str(_BOX[1]), rx="6",
                fill=_FILLS.get(node.kind, _OTHER_FILL), stroke="#555555",
            ),
            _words(_shortened(node.name), x, y - 2, text_anchor="middle", font_weight="600"),
            _words(_shortened(kind.noun if kind else node.kind), x, y + 12, font_size="10",
                   text_anchor="middle", fill="#444444"),
        )  # fmt: skip

    def _legend(self, top: float) -> list[Element]:
        schema = load_schema()
        items = []
        for i, (name, (colour, pattern)) in enumerate(self._styles.items()):
            y = top + i * _LEGEND
            relation = schema.relations.get(name)
            phrase = relation.wording.phrase if relation else name.lower().replace("_", " ")
            items.append(
                element("path", d=f"M{_MARGIN} {y:.0f} h40", stroke=colour, stroke_width="2",
                        stroke_dasharray=pattern)
            )  # fmt: skip
            items.append(_words(phrase, _MARGIN + 50, y + 4))
        return items


def plot(graph: Subgraph) -> Svg:
    """A subgraph as a drawing, with the licences of its edges below it."""
    drawing = Drawing.of_edges(graph.drug, graph.disease, graph.nodes, graph.edges)
    return Svg.of(
        drawing.svg(caption=f"{drawing.title}. Licences: {', '.join(drawing.licences) or 'none stated'}")
    )


def _title(drug: Entity, disease: Entity) -> str:
    return f"Paths from {drug.name} to {disease.name}"


def _lines(edges: Iterable[Edge], adverse: dict[tuple[str, str, str], bool]) -> list[_Line]:
    """The edges by ends and relation, numbered in their order."""
    groups: dict[tuple[str, str, str], list[Edge]] = {}
    for edge in edges:
        groups.setdefault((edge.start, edge.relation, edge.end), []).append(edge)
    return [
        _Line(number, tuple(group), adverse.get(key, False))
        for number, (key, group) in enumerate(groups.items(), 1)
    ]


def _pairs(lines: Iterable[_Line]) -> list[tuple[str, str]]:
    return [(min(line.ends), max(line.ends)) for line in lines]


def _spread(lines: Sequence[_Line]) -> list[tuple[_Line, float]]:
    """The lines with pixels up or down, so that those between the same nodes are apart."""
    groups: dict[tuple[str, str], list[_Line]] = {}
    for line in lines:
        groups.setdefault((min(line.ends), max(line.ends)), []).append(line)
    return [
        (line, (i - (len(group) - 1) / 2) * 20) for group in groups.values() for i, line in enumerate(group)
    ]


def _centre(position: tuple[int, float]) -> tuple[float, float]:
    layer, row = position
    return (
        _MARGIN + layer * (_BOX[0] + _GAP[0]) + _BOX[0] / 2,
        _MARGIN + row * (_BOX[1] + _GAP[1]) + _BOX[1] / 2 + _GAP[1] / 2,
    )


def _shortened(text: str) -> str:
    """A text as wide as a box: its beginning, if it is longer."""
    text = " ".join(escaped_controls(text).split())
    columns, shown = 0, ""
    for character in text:
        columns += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if columns > _LONGEST:
            return shown[:-1].rstrip() + "…"
        shown += character
    return shown


def _words(text: str, x: float, y: float, **attributes: str) -> Element:
    return element("text", text, **{"x": f"{x:.0f}", "y": f"{y:.0f}", "fill": "#111111"} | attributes)
