"""Fields of questions, with the bounds that the service's description states."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, WithJsonSchema

from kedrec.api import MAX_PATHS, MAX_TEXTS, MAX_TOP
from kedrec.errors import UsageError
from kedrec.naming.query import check_text
from kedrec.schema import load_schema
from kedrec.types import Background

__all__ = ["MAX_GENES", "Flag", "Genes", "Kind", "Name", "Paths", "TextCount", "TextKind", "Top"]

MAX_GENES = 10_000
"""Genes of one list; far above those that are used."""

_MOST_CHARACTERS = 1000
# What `check_text` takes: no control characters but white space, and something beside white space.
_PRINTED = r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
_TEXT = rf"^[^{_PRINTED}]*[^\s\x1c-\x1f\x85{_PRINTED}][^{_PRINTED}]*$"


def _checked_text(text: str) -> str:
    try:
        check_text(text)
    except UsageError as error:
        raise ValueError(str(error)) from error
    return text


def _whole_number(value: object) -> object:
    """A number without a fraction as JSON has it (5, 5.0); a text or a truth value is none."""
    if isinstance(value, bool | str):
        raise ValueError("Give a whole number.")
    return value


def _text(description: str, **more: Any) -> Any:
    """The description of a text field in JSON Schema."""
    bounds = {"type": "string", "minLength": 1, "maxLength": _MOST_CHARACTERS, "pattern": _TEXT}
    return WithJsonSchema(bounds | {"description": description} | more)


Name = Annotated[
    str,
    Field(max_length=_MOST_CHARACTERS),
    AfterValidator(_checked_text),
    _text("A name, a synonym or an id.", examples=["asthma"]),
]
Gene = Annotated[
    str,
    Field(max_length=_MOST_CHARACTERS),
    AfterValidator(_checked_text),
    _text("A symbol, an NCBI or an Ensembl id.", examples=["TNF"]),
]
Genes = Annotated[tuple[Gene, ...], Field(max_length=MAX_GENES)]
Kind = Annotated[
    str,
    Field(
        max_length=50,
        description="A kind of node.",
        json_schema_extra={"enum": list(load_schema().kinds)},
    ),
]
Flag = StrictBool
_WHOLE = BeforeValidator(_whole_number)
Paths = Annotated[int, Field(ge=1, le=MAX_PATHS, description="Most evidence paths of a pair."), _WHOLE]
Top = Annotated[int, Field(ge=1, le=MAX_TOP), _WHOLE]
TextCount = Annotated[
    int,
    Field(ge=1, le=MAX_TEXTS, description="Most articles, and most trials of either stance, of a pair."),
    _WHOLE,
]
TextKind = Annotated[
    Background | None,
    Field(description="The texts beside the paths; null: both kinds where texts were loaded."),
]
