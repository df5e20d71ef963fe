"""A Rich console for text from outside: what it draws holds no control character but Rich's own."""

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
    """A console that leaves out of every text, and of every link's address, what a terminal would obey."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """The segments of a renderable. Rich's own controls (cursor, clearing) pass unchanged."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(printable(segment.text), _without_broken_link(segment.style))

    def print(self, *objects: Any, markup: bool | None = False, **options: Any) -> None:
        """Prints as Rich does, but reads no markup in plain strings."""
        super().print(*objects, markup=markup, **options)


def _without_broken_link(style: Style | None) -> Style | None:
    """The style; without its link where the address would end the sequence that it stands in."""
    if style is None or style.link is None or printable(style.link) == style.link.replace("\n", ""):
        return style
    return style.update_link(None)
