"""Tags of answers: equal tags, equal answers."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from kedrec._version import __version__
from kedrec.answers.status import is_model_ready
from kedrec.common.json_text import json_text
from kedrec.service.requests import ExplainRequest, MetaQuestion, RecommendRequest

if TYPE_CHECKING:
    from kedrec.api import Kedrec
    from kedrec.service.requests import Question

__all__ = ["answer_tag", "matches_tag"]


def answer_tag(kr: Kedrec, question: Question) -> str:
    """The tag of a question's answer from the graph as it is now: an entity tag, with its quotes.

    It stands for the question and for what an answer's manifest names: KEDRec's version, the graph, the view,
    the texts, and where a model writes, its weights and the seed.

    Raises:
        ModelError, NotFoundError: a model is to write, and isn't on this machine.
        EmptyGraphError: there is nothing to answer from.
    """
    kr.renew()
    settings = kr.settings
    parts: list[object] = [__version__, question.endpoint, question, settings.overlay, settings.as_of]
    if isinstance(question, MetaQuestion):
        parts += [str(kr.store.fingerprint()), is_model_ready(settings)]
    else:
        parts.append(str(kr.fingerprint))
    if isinstance(question, ExplainRequest | RecommendRequest) and question.background != "none":
        parts.append(kr.texts_usage(question.background))
    if isinstance(question, RecommendRequest) and question.llm:
        parts += [settings.model, kr.check_model(), settings.seed]
    content = "\n".join(json_text(part, indent=None) for part in parts)
    return f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'


def matches_tag(header: str, tag: str) -> bool:
    """True if an `If-None-Match` header names a tag."""
    names = {name.strip().removeprefix("W/") for name in header.split(",")}
    return tag in names or "*" in names
