"""Sanitises text from outside for a prompt, a terminal, XML or a spreadsheet.

A node's name is arbitrary text of its source. It passes through `one_line` before it enters a prompt or is
compared with a model's text, and through `printable` before it is printed.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = [
    "capitalized",
    "escaped_controls",
    "normal_name",
    "one_line",
    "printable",
    "shown_name",
    "spreadsheet_cell",
]

# Square brackets mark citations, angle brackets mark chat templates and the evidence block, in ASCII and
# in the full-width forms that some templates use. Their replacements look alike and have no such meaning.
_BRACKET_REPLACEMENTS = str.maketrans(
    {
        **dict.fromkeys("[\N{FULLWIDTH LEFT SQUARE BRACKET}\N{LEFT BLACK LENTICULAR BRACKET}", "("),
        **dict.fromkeys("]\N{FULLWIDTH RIGHT SQUARE BRACKET}\N{RIGHT BLACK LENTICULAR BRACKET}", ")"),
        **dict.fromkeys("<\N{FULLWIDTH LESS-THAN SIGN}", "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}"),
        **dict.fromkeys(">\N{FULLWIDTH GREATER-THAN SIGN}", "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"),
    }
)
# C0 and C1 controls except tab and line feed (a terminal executes them), marks of text direction (they
# reverse the order of the visible text), surrogates, and characters that XML 1.0 can't represent.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_LINE_BREAKS = re.compile("\r\n?|[\u2028\u2029]")
_FORMULA = re.compile(r"[=+\-@]")
_INNER_QUOTES = str.maketrans(dict.fromkeys('"\u201c\u201d\u201e', "'"))
_SPACES = re.compile(r"\s+")
_NON_WORD = re.compile(r"[^a-z0-9]+")

_SEEN = "\t\n\u200c\u200d"  # layout, and the joiners of Persian, Indic scripts and emoji

_LONGEST_NAME = 200
# A new sentence inside a name, but not after an abbreviation or initial ("St. John's Wort", "E. coli").
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
    """`text` with blanks for controls and separators, and without format characters and surrogates."""
    return "".join(
        " " if unicodedata.category(character) in {"Cc", "Zl", "Zp", "Zs"} else character
        for character in text
        if unicodedata.category(character) not in {"Cf", "Cs", "Co", "Cn"}
    )


def one_line(text: str) -> str:
    """`text` on one line, without control or invisible characters and without `[ ] < >`.

    Square brackets become round ones and angle brackets single guillemets: the text can then neither end
    its block, nor look like a citation (`[P9]`), nor hold a chat template's token (`<|im_end|>`). Letters,
    accents and Greek are not changed. Idempotent.
    """
    return _SPACES.sub(
        " ", _visible(unicodedata.normalize("NFC", text)).translate(_BRACKET_REPLACEMENTS)
    ).strip()


def capitalized(text: str) -> str:
    """The text with a capital first letter, all else as it is."""
    return text[:1].upper() + text[1:]


def shown_name(name: str) -> str:
    """A name for use in a sentence: on one line, and in quotation marks if it reads like a sentence itself.

    That is a name of over 200 characters (truncated to that), with a full stop or semicolon and text after
    it, or of three or more words with a verb. The quotation marks show where it begins and ends.
    """
    line = _SPACES.sub(" ", _visible(name)).strip()
    clause = line.count(" ") > 1 and _CLAUSE_WORDS.search(line)
    if len(line) <= _LONGEST_NAME and not clause and not _NEW_SENTENCE.search(line):
        return line
    short = line if len(line) <= _LONGEST_NAME else line[: _LONGEST_NAME - 1].rstrip() + "\u2026"
    return f"\u201c{short.translate(_INNER_QUOTES)}\u201d"


def normal_name(text: str) -> str:
    """A name without case, accents and punctuation, as the loaders' SQL writes it (`normal_name`)."""
    plain = unicodedata.normalize("NFKD", text).lower()
    return _NON_WORD.sub(
        " ", "".join(character for character in plain if not unicodedata.combining(character))
    ).strip()


def printable(text: str) -> str:
    """`text` without characters that a terminal executes: controls except tab and line feed, direction marks.

    Carriage returns and Unicode's line and paragraph separators become line feeds; surrogates and
    characters that XML 1.0 can't represent are removed. Idempotent.
    """
    return _UNPRINTABLE.sub("", _LINE_BREAKS.sub("\n", text))


def escaped_controls(text: str) -> str:
    """`text` with escapes such as `\\u202e` for characters that are not seen but change what is.

    These are controls except tab and line feed, marks of text direction, other format characters except the
    joiners that scripts need, surrogates, and separators of lines. A reader sees that a name has them.
    """
    if text.isprintable():
        return text
    return "".join(
        f"\\u{ord(character):04x}"
        if (unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character not in _SEEN)
        or character in "\ufffe\uffff"
        else character
        for character in text
    )


def spreadsheet_cell(text: str) -> str:
    """`text` as a cell of a delimited table: on one line, with an apostrophe before a formula.

    A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@`; after an apostrophe it is text.
    """
    cell = _SPACES.sub(" ", printable(text))
    return f"'{cell}" if _FORMULA.match(cell.lstrip()) else cell
