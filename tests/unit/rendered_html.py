"""Reading of rendered HTML as a browser does: its tags, attributes, and the text that is seen."""

from __future__ import annotations

from html.parser import HTMLParser

_BLOCKS = frozenset({"p", "li", "td", "th", "h1", "h2", "h3", "dt", "dd", "summary", "text", "title"})


class RenderedHtml(HTMLParser):
    """The parts of a page.

    Attributes:
        tags: names of all elements, repeated.
        attributes: (element, attribute, value) of all attributes.
        text: what is seen, on one line.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self._texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        return " ".join("".join(self._texts).split())

    @property
    def ids(self) -> list[str]:
        return [value for _, name, value in self.attributes if name == "id"]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._open.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass
        if tag in _BLOCKS:
            self._texts.append(" ")

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self._texts.append(data)
