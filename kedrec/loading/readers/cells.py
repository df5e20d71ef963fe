"""Reads the cells of tables that people and programs wrote: what is missing, lists, scores, years.

A cell is text, or what a Parquet file or a JSON line has in its place: a number, a list, nothing.
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
"""Texts that stand for a missing value: R's, pandas', SQL's, spreadsheets'."""
_YEARS = range(1000, 3000)
_LONGEST_LITERAL = 1 << 20
_BARS = re.compile("[|\u01c2\x1f]")
"""What separates a list's items and is part of none: KGX's and BioCypher's bar, RTX-KG2's click, U+001F."""
_BETWEEN_IDS = re.compile(
    r"[|\u01c2\x1f]|[;,]\s*(?=[A-Za-z][A-Za-z0-9._]*:|https?:|[A-Za-z]+_[A-Za-z]{0,4}\d)|;\s*(?=\d+\s*(?:;|$))"
)
"""A DOI may have a semicolon or a comma; one before an id separates."""
_YEAR = re.compile(r"(?<![\d.])((?:19|20)\d\d)(?:(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01]))?(?!\d|\.\d*[1-9])")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def text_of(value: Any) -> str:
    """A text, or a number as one, without blanks around it; "" where it is missing.

    Raises:
        TypeError: it is a list, an object, a date or the like, or holds half a character or NUL.
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
    """The list that a text writes as JSON or Python do; None where it writes none."""
    if not (text.startswith("[") and text.endswith("]")) or len(text) > _LONGEST_LITERAL:
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(found, list) and all(isinstance(item, (str, int)) for item in found):
            return found
    return None


def texts_of(value: Any) -> list[str] | None:
    """The texts of a value that is a list, or writes one; None where it is one text.

    Raises:
        TypeError: an item is no text.
    """
    if isinstance(value, (list, tuple)):
        return [text for item in value if (text := text_of(item))]
    found = _literal(text := text_of(value))
    if found is not None:
        return [item for each in found if (item := text_of(each))]
    return None if text else []


def names_of(value: Any) -> list[str]:
    """The names in a cell: a list's, or those between bars, or where it has none, between semicolons.

    Raises:
        TypeError: it is neither a text nor a list of texts.
    """
    found = texts_of(value)
    if found is None:
        text = text_of(value)
        found = _BARS.split(text) if _BARS.search(text) else text.split(";")
    return _distinct(found)


def ids_of(value: Any) -> list[str]:
    """The ids in a cell, each with the schema's prefix: a list's, or those between bars, semicolons, commas.

    Raises:
        TypeError: it is neither a text nor a list of texts.
    """
    found = texts_of(value)
    if found is None:
        found = _BETWEEN_IDS.split(text_of(value))
    return _distinct([curie_of(item) for item in found])


def _distinct(items: list[str]) -> list[str]:
    return [item for item in dict.fromkeys(each.strip() for each in items) if item]


def score_of(value: Any) -> float | None:
    """A finite number; None where it is missing or NaN.

    Raises:
        ValueError: it is no number, or an infinite one.
    """
    text = text_of(value)
    found = float(text.replace("_", "?")) if text else math.nan
    if math.isinf(found):
        raise ValueError("infinite")
    return None if math.isnan(found) else found


def year_of(value: Any) -> int | None:
    """A year of four digits, as a decimal too where it is whole (2019.0, 2019,0); None where it is missing.

    Raises:
        ValueError: it is no such year.
    """
    text = text_of(value)
    if not text:
        return None
    whole = re.fullmatch(r"\+?(\d{4})(?:\.0*|,0+)?", text, re.ASCII)
    if whole is None or int(whole[1]) not in _YEARS:
        raise ValueError("no year")
    return int(whole[1])


def year_in(value: Any) -> int | None:
    """The year of a date or of a text that has one, from 1900 to 2099; None where it has none."""
    try:
        found = _YEAR.search(text_of(value))
    except TypeError:
        return None
    return int(found[1]) if found else None
