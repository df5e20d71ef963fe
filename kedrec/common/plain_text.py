"""Text from outside made harmless for what it is written into: a prompt, a terminal, XML, a spreadsheet.

A node's name is whatever its source wrote. Before it goes into a prompt, and before it is compared with
what a model wrote, it passes through `one_line`; before it is printed, through `printable`.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["normal_name", "one_line", "printable", "shown_name", "spreadsheet_cell"]

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
# C0 and C1 controls but tab and line feed (a terminal obeys them), marks of text direction (they turn the
# order of what is read around), half characters, and what XML 1.0 has no way to write.
_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_LINES = re.compile("\r\n?|[\u2028\u2029]")
_FORMULA = re.compile(r"[=+\-@]")
_INNER_QUOTES = str.maketrans(dict.fromkeys('"\u201c\u201d\u201e', "'"))
_SPACES = re.compile(r"\s+")
_NO_WORD = re.compile(r"[^a-z0-9]+")

_LONGEST_NAME = 200
# A new sentence inside a name: not after an abbreviation or initial ("St. John's Wort", "E. coli").
_NEW_SENTENCE = re.compile(
    r"(?:[\w)\"'\u201d\u2019]{4}|[!?])[.!?]*[.!?][\"')\u201d\u2019]* +\S|[;\u203d] +\w|"
    r"[\u2026\u3002\uff0e\uff61] *\w"
)
_CLAUSE_WORDS = re.compile(
    r"(?i)(?<!\S)(?:is|are|was|were|be|has|have|had|may|might|could|can|will|should|must|cannot|which|"
    r"treats|cures?|prevents|helps|inhibits|activates?|blocks|causes|ignore|approved|recommended|"
    r"contraindicated|works|reduces|increases|improves|stops|heals|protects|lowers|raises|relieves|eases|binds|"
    r"targets|affects|acts|leads|does|always|never|safe|effective|"
    r"remedies|benefits|beats(?= \w)|outperforms|outdoes|surpasses|rescues|saves|halts|reverses|slows|delays|"
    r"eliminates|eradicates|abolishes|ameliorates|alleviates|attenuates|mitigates|suppresses|restores|resolves|"
    r"worsens|aggravates|harms|kills|gets|got|gives|gave|makes|made|shows|proves|proved|seems|appears|becomes|"
    r"became|remains|needs|deserves|treated|cured|healed|helped|worked|do|did|take|give|avoid|prescribe)"
    r"(?![^\s.,;:!?)\u3002\u2026])"
)


def _visible(text: str) -> str:
    """`text` with blanks for controls and separators, and without format characters and half characters."""
    return "".join(
        " " if unicodedata.category(character) in {"Cc", "Zl", "Zp", "Zs"} else character
        for character in text
        if unicodedata.category(character) not in {"Cf", "Cs", "Co", "Cn"}
    )


def one_line(text: str) -> str:
    """`text` on one line, without control or invisible characters and without `[ ] < >`.

    Square brackets become round ones and angle brackets single guillemets: the text can then neither end
    the block it stands in, nor look like a citation (`[P9]`), nor hold a chat template's token
    (`<|im_end|>`). Letters, accents and Greek are kept. Doing it again changes nothing.
    """
    return _SPACES.sub(" ", _visible(unicodedata.normalize("NFC", text)).translate(_HARMLESS)).strip()


def shown_name(name: str) -> str:
    """A name as a sentence shows it: on one line, and in quotation marks where it reads like one itself.

    That is a name of over 200 characters (it is cut there), with a full stop or semicolon and more after it,
    or of three words or more with a verb that makes a clause. A reader then sees where it begins and ends.
    """
    line = _SPACES.sub(" ", _visible(name)).strip()
    clause = line.count(" ") > 1 and _CLAUSE_WORDS.search(line)
    if len(line) <= _LONGEST_NAME and not clause and not _NEW_SENTENCE.search(line):
        return line
    cut = line if len(line) <= _LONGEST_NAME else line[: _LONGEST_NAME - 1].rstrip() + "\u2026"
    return f"\u201c{cut.translate(_INNER_QUOTES)}\u201d"


def normal_name(text: str) -> str:
    """A name without case, accents and punctuation, as the loaders' SQL writes it (`normal_name`)."""
    plain = unicodedata.normalize("NFKD", text).lower()
    return _NO_WORD.sub(
        " ", "".join(character for character in plain if not unicodedata.combining(character))
    ).strip()


def printable(text: str) -> str:
    """`text` without what a terminal would obey: controls but tab and line feed, marks of text direction.

    Carriage returns and Unicode's line and paragraph separators become line feeds; half characters
    (surrogates) and what XML 1.0 can't hold are left out. Doing it again changes nothing.
    """
    return _OBEYED.sub("", _LINES.sub("\n", text))


def spreadsheet_cell(text: str) -> str:
    """`text` as one cell of a delimited table: on one line, and an apostrophe before what begins a formula.

    A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@`; after an apostrophe it is text.
    """
    cell = _SPACES.sub(" ", printable(text))
    return f"'{cell}" if _FORMULA.match(cell.lstrip()) else cell
