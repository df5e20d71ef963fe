"""Rich console that removes control characters from printed text, except Rich's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from kedrec.common.plain_text import printable

if TYPE_CHECKING:
    from rich.style import Style

__all__ = ["PrintableConsole"]


class PrintableConsole(Console):
    """Console that removes control characters from every text and from every link's address."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """Yields a renderable's segments. Rich's own control segments (cursor, clearing) pass unchanged."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(printable(segment.text), _without_broken_link(segment.style))

    def print(self, *objects: Any, markup: bool | None = False, **options: Any) -> None:
        """Prints as Rich does, without reading markup in plain strings."""
        super().print(*objects, markup=markup, **options)


def _without_broken_link(style: Style | None) -> Style | None:
    """The style; without its link if the address would end the link's escape sequence."""
    if style is None or style.link is None or printable(style.link) == style.link.replace("\n", ""):
        return style
    return style.update_link(None)
