"""Tags of answers: equal tags, equal answers."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from typing import TYPE_CHECKING

from kedrec._version import __version__
from kedrec.answers.status import is_model_ready
from kedrec.common.json_text import json_text
from kedrec.ranking.permutation_null import null_names
from kedrec.service.requests import ExplainRequest, MetaQuestion, RecommendRequest

if TYPE_CHECKING:
    from kedrec.api import Kedrec
    from kedrec.service.requests import Question

__all__ = ["answer_basis", "answer_tag", "basis_key", "matches_tag", "unwritten_tag"]


def answer_basis(kr: Kedrec, question: Question) -> str:
    """What a question's answer depends on beside the question, from the graph as it is now.

    It is what an answer's manifest names: KEDRec's version, the graph, the view, the texts, and where a model
    writes, its weights and the seed.

    Raises:
        ModelError, NotFoundError: a model is to write, and isn't on this machine.
        EmptyGraphError: there is nothing to answer from.
    """
    kr.renew()
    settings = kr.settings
    parts: list[object] = [__version__, settings.overlay, settings.as_of]
    if isinstance(question, MetaQuestion):
        parts += [str(kr.store.fingerprint()), is_model_ready(settings)]
    else:
        parts.append(str(kr.fingerprint))
    if isinstance(question, ExplainRequest | RecommendRequest) and question.background != "none":
        parts.append(kr.texts_usage(question.background))
    if isinstance(question, RecommendRequest) and question.llm:
        parts += [settings.model, kr.check_model(), settings.seed]
        if question.choose != "ranking":
            parts.append(kr.choice_fit())
    if isinstance(question, ExplainRequest):
        parts.append(null_names(settings.cache_dir))
    return "\n".join(json_text(part, indent=None) for part in parts)


def basis_key(question: Question) -> Hashable:
    """What a basis depends on beside the graph: questions with equal keys have the same one.

    None where it may change while the graph stays.
    """
    if isinstance(question, MetaQuestion | ExplainRequest):
        return None
    if isinstance(question, RecommendRequest):
        if question.choose != "ranking":
            return None  # the model's regression may be fitted anew
        return question.endpoint, question.background, question.llm
    return question.endpoint


def answer_tag(question: Question, basis: str) -> str:
    """The entity tag, with its quotes, of a question's answer from a basis."""
    content = "\n".join((question.endpoint, json_text(question, indent=None), basis))
    return f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'


def unwritten_tag(tag: str) -> str:
    """The tag of an answer that a model was to write, and didn't in time; no stored answer has it."""
    return f'{tag[:-1]}-unwritten"'


def matches_tag(header: str, tag: str) -> bool:
    """True if an `If-None-Match` header names a tag."""
    names = {name.strip().removeprefix("W/") for name in header.split(",")}
    return tag in names or "*" in names
