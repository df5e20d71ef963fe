"""Cleans text from models and servers for display: no control characters, no secrets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from kedrec.common.plain_text import one_line

__all__ = ["before_stop", "quotable", "visible_text"]

_ESCAPES = re.compile(r"(?:\x1b\[|\x9b)[0-9;:?]{0,40}[ -/]{0,4}[@-~]|\x1b\][^\x07\x1b]{0,400}(?:\x07|\x1b\\)")
_PAGE = re.compile(r"\s*(?:<!doctype html|<html|<head|<body|<\?xml)", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,300})", re.IGNORECASE)
_READ, _SHOWN = 4000, 300  # characters of a server's message
_SHORTEST = 4  # a shorter secret would be found in ordinary words


def visible_text(text: str) -> str:
    """Removes control and invisible characters but line ends from a model's text."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    plain = _ESCAPES.sub("", text).encode("utf-8", "replace").decode("utf-8")
    return "".join(
        " " if character == "\t" else character
        for character in plain
        if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cf"}
    )


def before_stop(text: str, stops: Sequence[str]) -> str:
    """Returns the text before the first of the stops."""
    for stop in stops:
        text = text.partition(stop)[0]
    return text


def quotable(message: str, secrets: Iterable[str] = ()) -> str:
    """Puts a server's message on one line of at most 300 characters that ends in a full stop.

    Args:
        message: the message; of a web page only the title is used.
        secrets: texts to replace by `***`.
    """
    text = message[:_READ]
    if _PAGE.match(text):
        title = _TITLE.search(text)
        text = f"a web page, '{title[1].strip()}'" if title else "a web page"
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, "***")
    # A secret that is cut off at the end would match no comparison.
    text = text if len(message) <= _READ else text[: _READ - 400]
    line = one_line(_ESCAPES.sub("", text))[:_SHOWN].strip() or "(nothing)"
    return line if line.endswith(".") else line + "."
