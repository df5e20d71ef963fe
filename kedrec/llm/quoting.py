"""Makes text from a model or a server fit to be shown: without control characters, and without secrets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from kedrec.common.plain_text import one_line

__all__ = ["before_stop", "quoted", "visible"]

_ESCAPES = re.compile(r"(?:\x1b\[|\x9b)[0-9;:?]{0,40}[ -/]{0,4}[@-~]|\x1b\][^\x07\x1b]{0,400}(?:\x07|\x1b\\)")
_PAGE = re.compile(r"\s*(?:<!doctype html|<html|<head|<body|<\?xml)", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,300})", re.IGNORECASE)
_READ, _SHOWN = 4000, 300  # characters of a server's message
_SHORTEST = 4  # a shorter secret would be found in ordinary words


def visible(text: str) -> str:
    """What a model wrote, without control and invisible characters; its line ends stay."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    plain = _ESCAPES.sub("", text).encode("utf-8", "replace").decode("utf-8")
    return "".join(
        " " if character == "\t" else character
        for character in plain
        if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cf"}
    )


def before_stop(text: str, stops: Sequence[str]) -> str:
    """The text before the first of the stops."""
    for stop in stops:
        text = text.partition(stop)[0]
    return text


def quoted(message: str, secrets: Iterable[str] = ()) -> str:
    """A server's message as one line of at most 300 characters that ends in a full stop.

    Args:
        message: what it says; of a web page only the title is used.
        secrets: what must not be repeated, although the server repeats it.
    """
    text = message[:_READ]
    if _PAGE.match(text):
        title = _TITLE.search(text)
        text = f"a web page, '{title[1].strip()}'" if title else "a web page"
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, "***")
    # A secret that is cut off at the end would be found by no comparison.
    text = text if len(message) <= _READ else text[: _READ - 400]
    line = one_line(_ESCAPES.sub("", text))[:_SHOWN].strip() or "(nothing)"
    return line if line.endswith(".") else line + "."
