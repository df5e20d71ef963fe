"""Parsers of table cells: missing values, texts, lists, ids, scores and years.

A cell is text, or a value of a Parquet file or a JSON line: a number, a list or null.
"""

from __future__ import annotations

import ast
import json
import math
import re
from typing import Any

from kedrec.loading.readers.curies import curie_of

__all__ = ["ids_of", "names_of", "score_of", "text_of", "texts_of", "year_in", "year_of"]

_MISSING = frozenset(
    {"", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "Null", "null", "None", "\\N", "NaT"}
)
"""Texts that denote a missing value in R, pandas, SQL and spreadsheets."""
_YEARS = range(1000, 3000)
_LONGEST_LITERAL = 1 << 20
_BARS = re.compile("[|\u01c2\x1f]")
"""Separators of list items that never occur inside one: bar (KGX, BioCypher), click (RTX-KG2), U+001F."""
_BETWEEN_IDS = re.compile(
    r"[|\u01c2\x1f]|[;,]\s*(?=[A-Za-z][A-Za-z0-9._]*:|https?:|[A-Za-z]+_[A-Za-z]{0,4}\d)|;\s*(?=\d+\s*(?:;|$))"
)
"""Separators of ids. A DOI may contain a semicolon or a comma; only one before an id separates."""
_YEAR = re.compile(r"(?<![\d.])((?:19|20)\d\d)(?:(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01]))?(?!\d|\.\d*[1-9])")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def text_of(value: Any) -> str:
    """Converts a text or a number to stripped text; "" if it is missing.

    Raises:
        TypeError: it is a list, an object, a date or the like, or has a lone surrogate or NUL.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise TypeError(f"{type(value).__name__} where text should be")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    if _NO_TEXT.search(text):
        raise TypeError("half a character or NUL in the text")
    return "" if text in _MISSING else text


def _literal(text: str) -> list[Any] | None:
    """Parses a list in JSON or Python syntax; None if the text isn't one."""
    if not (text.startswith("[") and text.endswith("]")) or len(text) > _LONGEST_LITERAL:
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            items = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(items, list) and all(isinstance(item, (str, int)) for item in items):
            return items
    return None


def texts_of(value: Any) -> list[str] | None:
    """Converts a list, or a text in list syntax, to texts; None if it is a single text.

    Raises:
        TypeError: an item is no text.
    """
    if isinstance(value, (list, tuple)):
        return [text for item in value if (text := text_of(item))]
    items = _literal(text := text_of(value))
    if items is not None:
        return [item_text for item in items if (item_text := text_of(item))]
    return None if text else []


def names_of(value: Any) -> list[str]:
    """Splits a cell into names: the items of a list, or separated by bars, or without bars by semicolons.

    Raises:
        TypeError: it is neither a text nor a list of texts.
    """
    names = texts_of(value)
    if names is None:
        text = text_of(value)
        names = _BARS.split(text) if _BARS.search(text) else text.split(";")
    return _distinct(names)


def ids_of(value: Any) -> list[str]:
    """Splits a cell into ids with the schema's prefixes: list items, or separated by bar, semicolon or comma.

    Raises:
        TypeError: it is neither a text nor a list of texts.
    """
    ids = texts_of(value)
    if ids is None:
        ids = _BETWEEN_IDS.split(text_of(value))
    return _distinct([curie_of(item) for item in ids])


def _distinct(items: list[str]) -> list[str]:
    return [item for item in dict.fromkeys(item.strip() for item in items) if item]


def score_of(value: Any) -> float | None:
    """Parses a finite number; None if it is missing or NaN.

    Raises:
        ValueError: it is no number, or an infinite one.
    """
    text = text_of(value)
    score = float(text.replace("_", "?")) if text else math.nan
    if math.isinf(score):
        raise ValueError("infinite")
    return None if math.isnan(score) else score


def year_of(value: Any) -> int | None:
    """Parses a year of four digits, also in decimal form (2019.0, 2019,0); None if it is missing.

    Raises:
        ValueError: it is no such year.
    """
    text = text_of(value)
    if not text:
        return None
    match = re.fullmatch(r"\+?(\d{4})(?:\.0*|,0+)?", text, re.ASCII)
    if match is None or int(match[1]) not in _YEARS:
        raise ValueError("no year")
    return int(match[1])


def year_in(value: Any) -> int | None:
    """Finds a year from 1900 to 2099 in a date or text; None if it has none."""
    try:
        match = _YEAR.search(text_of(value))
    except TypeError:
        return None
    return int(match[1]) if match else None
