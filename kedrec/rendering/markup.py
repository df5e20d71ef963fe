"""Builds HTML and SVG as element trees, whose serializer escapes every text and attribute."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Self, TypeAlias
from xml.etree.ElementTree import Element, SubElement, tostring

from kedrec.common.plain_text import escaped_controls

__all__ = ["Content", "Element", "Svg", "element", "html_text", "linked", "table"]

Content: TypeAlias = "str | Element | None"
"""Content of an element: a text, an element, or nothing."""
_LINKABLE = re.compile(r"https://[^\s\"'<>\\^`{|}\x00-\x20\x7f-\x9f]+")


def element(tag: str, *contents: Content, **attributes: str | None) -> Element:
    """An element with contents in their order.

    Args:
        tag: its name.
        contents: texts, whose unseen characters are shown as escapes, and elements.
        attributes: by name; a trailing underscore is dropped (`class_`), others become hyphens. None: absent.
    """
    values = {
        name.removesuffix("_").replace("_", "-"): escaped_controls(value)
        for name, value in attributes.items()
        if value is not None
    }
    node = Element(tag, values)
    last: Element | None = None
    for content in contents:
        if isinstance(content, str):
            text = escaped_controls(content)
            if last is None:
                node.text = (node.text or "") + text
            else:
                last.tail = (last.tail or "") + text
        elif content is not None:
            node.append(content)
            last = content
    return node


def linked(label: str, url: str) -> Element:
    """A link that opens on its own; without one where the URL isn't plain https."""
    if not _LINKABLE.fullmatch(url):
        return element("span", label)
    return element("a", label, href=url, rel="noopener noreferrer", target="_blank")


def table(head: Sequence[str], rows: Sequence[Sequence[Content]], *, class_: str | None = None) -> Element:
    """A table with headings, in a box that scrolls sideways; columns without any text are left out."""
    filled = [i for i in range(len(head)) if any(_has_text(row[i]) for row in rows)]
    head, rows = [head[i] for i in filled], [[row[i] for i in filled] for row in rows]
    grid = element("table", class_=class_)
    line = SubElement(SubElement(grid, "thead"), "tr")
    line.extend(element("th", heading, scope="col") for heading in head)
    body = SubElement(grid, "tbody")
    for row in rows:
        body.append(element("tr", *(element("td", cell) for cell in row)))
    return element("div", grid, class_="scroll", tabindex="0")


def _has_text(content: Content) -> bool:
    return bool(content) if isinstance(content, str) else content is not None and any(content.itertext())


def html_text(root: Element) -> str:
    """An element as HTML."""
    return tostring(root, encoding="unicode", method="html")


class Svg(str):
    """A drawing as a document of its own in XML, which a notebook shows as the drawing."""

    __slots__ = ()

    @classmethod
    def of(cls, root: Element) -> Self:
        """The document of an element."""
        return cls(tostring(root, encoding="unicode", method="xml"))

    def _repr_svg_(self) -> str:
        return str(self)
