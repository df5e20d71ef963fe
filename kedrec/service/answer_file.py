"""Answers as files of HTML, to be kept or passed on."""

from pydantic import TypeAdapter

from kedrec.rendering.answer_page import page
from kedrec.types import Answer, DiseaseAnswer

__all__ = ["HTML", "answer_file"]

HTML = "text/html"

_ANSWER: TypeAdapter[Answer | DiseaseAnswer] = TypeAdapter(Answer | DiseaseAnswer)


def answer_file(body: bytes) -> str:
    """A whole page of HTML that needs nothing else.

    Args:
        body: an answer as the service sends it, in JSON.
    """
    return page(_ANSWER.validate_json(body))
