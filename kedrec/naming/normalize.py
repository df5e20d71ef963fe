"""Normal forms of names: case, hyphens, Greek, numerals, British spelling, plural, word order, salts.

A name is cut into tokens, and each way of writing them has a form in which equal names are equal:

- `spelled`: case, accents, punctuation, Greek letters, roman numerals, possessives, British spelling;
- `words`: `spelled`, each word in the singular;
- `bag`: `words` without their order, with organ words in one language (`kidney`, `renal`); "" where the
  order carries meaning;
- `base`: `words` of a drug without its counter-ion; "" where no drug would remain (`naming.salts`).

Both the graph's names and the queries pass through the same functions, so that a rule need not be right
about English: it must only not make two different names equal.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from kedrec.naming.salts import without_counter_ion

__all__ = ["Forms", "compact_form", "is_reordering", "normal_forms", "token_form"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Unicode has "LAMDA"; chemists and biologists write lambda.
_GREEK = {
    chr(code): unicodedata.name(chr(code)).rpartition(" ")[2].lower().replace("lamda", "lambda")
    for code in range(ord("\N{GREEK SMALL LETTER ALPHA}"), ord("\N{GREEK SMALL LETTER OMEGA}") + 1)
}
_SYMBOLS = str.maketrans(
    {
        **{letter: f" {name} " for letter, name in _GREEK.items()},
        **dict.fromkeys("\u2018\u2019\u02bc\u2032`\u00b4", "'"),  # used as apostrophes
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),  # used as hyphens
        **dict.fromkeys("\u00ae\u2122\u00a9", " "),  # registered, trade mark, copyright
        "&": " and ",
        "+": " plus ",
    }
)
_POSSESSIVE = re.compile(r"'s\b")
_TOKEN = re.compile(r"[^\W_]+")

_ALWAYS_ROMAN = {
    "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11", "xii": "12",
    "xiii": "13",
}  # fmt: skip
_ROMAN = {**_ALWAYS_ROMAN, "i": "1", "v": "5", "x": "10"}
# After these words a lone I, V or X is a number, and a number or letter belongs to the word before it.
_NUMBERED_WORDS = _words(
    "angiotensin bipolar class complex factor grade group hepatitis phase stage subtype type vitamin"
)

_BRITISH = tuple(
    (re.compile(pattern), american)
    for pattern, american in (
        (r"ae|oe", "e"),
        (r"our(?=s$|ed$|al$|$)", "or"),
        (r"is(?=(?:e|ed|es|er|ing|ation|ations)$)", "iz"),
        (r"ys(?=(?:e|ed|es|ing)$)", "yz"),
        (r"sulph", "sulf"),
        (r"leuco", "leuko"),
        (r"ceph(?=al(?:o|ex|ori))", "cef"),
        (r"(?<=[a-z])tre(?=s?$)", "ter"),
        (r"(?<=[a-z])bre(?=s?$)", "ber"),
        (r"ll(?=(?:ed|ing|er)$)", "l"),
        (r"^aluminium$", "aluminum"),
        (r"^(def|off|lic)ence$", r"\1ense"),
    )
)
_BRITISH_HINT = re.compile("ae|oe|our|is|ys|sulph|leuco|ceph|tre|bre|ll|ence|aluminium")
_PLURALS = {
    "bacilli": "bacillus", "bacteria": "bacterium", "children": "child", "emboli": "embolus", "feet": "foot",
    "fungi": "fungus", "men": "man", "metastases": "metastasis", "mice": "mouse", "teeth": "tooth",
    "thrombi": "thrombus", "women": "woman",
}  # fmt: skip
_SYNONYMOUS_WORDS = {
    "cardiac": "heart", "disorder": "disease", "gastric": "stomach", "hepatic": "liver",
    "neoplasm": "tumor", "pulmonary": "lung", "renal": "kidney",
}  # fmt: skip
_STOP_WORDS = _words("of the")
# These relate one word of a name to another: the order of the words is then part of the meaning.
_ORDER_WORDS = _words("""
    against associated between by dependent derived during from induced into mediated on onto positive
    negative related resistant responsive sensitive than through to toward towards via without
""")


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of a name, from the closest to its writing to the furthest; tokens joined by spaces."""

    spelled: str
    words: str

    @property
    def bag(self) -> str:
        """Sorted words; as described at the head of the module."""
        return _bag(self.words.split())

    @property
    def base(self) -> str:
        """Words without counter-ion; as described at the head of the module."""
        return without_counter_ion(self.words.split())


def compact_form(words: str) -> str:
    """Tokens without the spaces between them, so that `beta blocker` is `betablocker`.

    Numbers stay apart: `1 2` isn't `12`.
    """
    return _BETWEEN_LETTERS.sub("", words).replace(" ", "_")


_BETWEEN_LETTERS = re.compile(r"(?<!\d) | (?!\d)")


def _tokens(text: str) -> list[str]:
    marked = text.translate(_SYMBOLS)
    plain = marked.casefold()
    if not plain.isascii():
        folded = unicodedata.normalize("NFKD", plain).casefold().translate(_SYMBOLS)
        plain = "".join(character for character in folded if not unicodedata.combining(character))
    if "'" in plain:
        plain = _POSSESSIVE.sub("", plain).replace("'", "")
    plain = plain.replace("(-)", " minus ")
    tokens = _TOKEN.findall(plain)
    for index, token in enumerate(tokens[1:], start=1):
        numerals = _ROMAN if tokens[index - 1] in _NUMBERED_WORDS else _ALWAYS_ROMAN
        tokens[index] = numerals.get(token, token)
    return tokens


@lru_cache(maxsize=1 << 17)
def _american(token: str) -> str:
    if _BRITISH_HINT.search(token):
        for pattern, american in _BRITISH:
            token = pattern.sub(american, token)
    return token


# The plural ending, the singular one, and the shortest word that it applies to.
_ENDINGS = (
    ("ss", "ss", 0),
    ("us", "us", 0),
    ("is", "is", 0),
    ("ies", "y", 0),
    ("oses", "osis", 7),
    ("eses", "esis", 7),
    ("yses", "ysis", 7),
    ("sses", "ss", 0),
    ("xes", "x", 0),
    ("ches", "ch", 0),
    ("shes", "sh", 0),
    ("s", "", 0),
)


@lru_cache(maxsize=1 << 17)
def _singular(token: str) -> str:
    if token in _PLURALS:
        return _PLURALS[token]
    if len(token) >= 5 and token.isalpha():  # shorter ones are symbols: AIDS, SARS
        for ending, singular, shortest in _ENDINGS:
            if token.endswith(ending) and len(token) >= shortest:
                return token.removesuffix(ending) + singular
    return token


def _bag(tokens: list[str]) -> str:
    if _ORDER_WORDS.intersection(tokens):
        return ""
    terms: list[str] = []
    for token in tokens:
        if terms and terms[-1] in _NUMBERED_WORDS and (token.isdigit() or len(token) == 1):
            terms[-1] += token
        elif token not in _STOP_WORDS:
            terms.append(_SYNONYMOUS_WORDS.get(token, token))
    loose = sum(token.isdigit() or len(token) == 1 for token in terms)
    if len(terms) < 2 or loose > 1:  # with two loose numbers, which word each goes with is in the order
        return ""
    return " ".join(sorted(terms))


def normal_forms(text: str) -> Forms:
    """The forms of a name. Two names of one thing that differ only in writing share at least one."""
    tokens = [_american(token) for token in _tokens(text)]
    words = [_singular(token) for token in tokens]
    return Forms(" ".join(tokens), " ".join(words))


def token_form(token: str) -> str:
    """The form of a single token (letters a-z and digits) as in `Forms.words`."""
    return _singular(_american(_ALWAYS_ROMAN.get(token, token)))


def is_reordering(first: Forms, second: Forms) -> bool:
    """True if two names have the same words in any order."""
    words = [
        sorted(word for word in form.words.split() if word not in _STOP_WORDS) for form in (first, second)
    ]
    return words[0] == words[1]
