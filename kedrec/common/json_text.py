"""Writes public objects as JSON, the same for the command line and the service."""

from __future__ import annotations

import json
import re

__all__ = ["json_text"]

# Unescaped in JSON strings, a terminal would obey these, or they would reverse the reading order.
_CONTROL_CHARACTERS = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

_SURROGATES = re.compile("[\ud800-\udfff]")


def json_text(value: object, indent: int | None = 2) -> str:
    """A model, a data class, or a list of them as JSON.

    NaN becomes null, control characters are escaped, and bytes that are no text (in a path of the call)
    become U+FFFD.
    """
    from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

    try:
        text = to_json(value, indent=indent, inf_nan_mode="null").decode()
    except PydanticSerializationError:
        plain = to_jsonable_python(value, inf_nan_mode="null")
        text = _SURROGATES.sub("\ufffd", json.dumps(plain, indent=indent, ensure_ascii=False))
    return _CONTROL_CHARACTERS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
