"""Text from a graph as one plain line, so that it can be quoted without meaning anything.

A node's name is whatever its source wrote. Before it goes into a prompt, and before it is compared with
what a model wrote, it passes through `one_line`.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["normal_name", "one_line"]

# Square brackets mark citations, angle brackets mark chat templates and the evidence block, in ASCII and
# in the full-width forms that some templates use. What replaces them reads the same and marks nothing.
_HARMLESS = str.maketrans(
    {
        **dict.fromkeys("[\N{FULLWIDTH LEFT SQUARE BRACKET}\N{LEFT BLACK LENTICULAR BRACKET}", "("),
        **dict.fromkeys("]\N{FULLWIDTH RIGHT SQUARE BRACKET}\N{RIGHT BLACK LENTICULAR BRACKET}", ")"),
        **dict.fromkeys("<\N{FULLWIDTH LESS-THAN SIGN}", "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}"),
        **dict.fromkeys(">\N{FULLWIDTH GREATER-THAN SIGN}", "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"),
    }
)
_SPACES = re.compile(r"\s+")
_NO_WORD = re.compile(r"[^a-z0-9]+")


def one_line(text: str) -> str:
    """`text` on one line, without control or invisible characters and without `[ ] < >`.

    Square brackets become round ones and angle brackets single guillemets: the text can then neither end
    the block it stands in, nor look like a citation (`[P9]`), nor hold a chat template's token
    (`<|im_end|>`). Letters, accents and Greek are kept. Doing it again changes nothing.
    """
    composed = unicodedata.normalize("NFC", text)
    # Line and paragraph separators are spaces; format characters (zero width, text direction) go.
    visible = "".join(
        " " if unicodedata.category(character) in {"Cc", "Zl", "Zp", "Zs"} else character
        for character in composed
        if unicodedata.category(character) not in {"Cf", "Cs", "Co", "Cn"}
    )
    return _SPACES.sub(" ", visible.translate(_HARMLESS)).strip()


def normal_name(text: str) -> str:
    """A name without case, accents and punctuation, as the loaders' SQL writes it (`normal_name`)."""
    plain = unicodedata.normalize("NFKD", text).lower()
    return _NO_WORD.sub(
        " ", "".join(character for character in plain if not unicodedata.combining(character))
    ).strip()
