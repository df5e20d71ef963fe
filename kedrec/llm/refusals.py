"""Changes a request that a server refuses for one of its fields: without the field, or with it renamed.

OpenAI's newer models take `max_completion_tokens` in place of `max_tokens` and no temperature but their own;
others refuse a seed, stops, a grammar. Which field it was is read from the error, as servers word it.
"""

from __future__ import annotations

import re
from typing import Any

from kedrec.llm.completions import message_of

__all__ = [
    "OPTIONAL",
    "Changes",
    "changed_body",
    "optional_fields",
    "refused_field",
    "with_refused",
    "words_of",
]

Changes = dict[str, str]
"""Field to its new name; "" for a field that is left out."""

_LENGTH, _NEWER_LENGTH = "max_tokens", "max_completion_tokens"
_STATUSES = {200, 400, 404, 405, 409, 415, 422, 500, 501}
_WORDING = {
    **dict.fromkeys((_LENGTH, _NEWER_LENGTH), r"max[ _-]?(?:(?:completion|new|output)[ _-]?)?tokens"),
    "stop": r"stop(?:[ _-]?(?:sequences?|words?|tokens?|strings?))?",
    "seed": r"(?:random[ _-]?)?seed",
    "logprobs": r"(?:top[ _-]?)?logprobs",
    "system": r"(?:system|developer)[ _-]?(?:roles?|messages?|prompts?|instructions?)|"
    r"roles?\b[^.\n]{1,40}\b(?:system|developer)",
}
OPTIONAL = (
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "seed",
    "stop",
    "logprobs",
    "top_logprobs",
    "response_format",
    "grammar",
    "cache_prompt",
    "system",
)
"""What a request can do without; `system` is a message's role, whose text then goes into the user's."""
_TOO_MUCH = re.compile(
    r"context (?:length|size|window)|too (?:large|long|many|big|high)|exceed|at most", re.IGNORECASE
)
_THING = r"(?:param|argument|field|propert|input|key|option|request|body)"
_NOT = r"(?:un(?:supported|recogni[sz]ed|known|expected)|not (?:supported|permitted|allowed)|forbidden)"
_UNNAMED = re.compile(
    rf"(?:{_NOT}|extra|invalid|additional|bad)\b.{{0,60}}\b{_THING}|\b{_THING}\w*\b.{{0,60}}\b(?:{_NOT}|invalid)",
    re.IGNORECASE | re.DOTALL,
)
_MOST = 4000  # characters of an error that are looked at


def refused_field(status: int, answer: object, sent: set[str]) -> str:
    """The field of a request that an error names as its reason.

    Args:
        status: HTTP status.
        answer: the error's body, as JSON value or text.
        sent: the optional fields that were sent (`OPTIONAL`).

    Returns:
        The field's name; "*" where the error says that some field is refused and not which; "" where it is
        about something else.
    """
    if status not in _STATUSES:
        return ""
    message = message_of(answer)[:_MOST]
    name = next((name for name in _named(answer) if name in sent), "") or _mentioned(message, sent)
    if name in {_LENGTH, _NEWER_LENGTH} and _TOO_MUCH.search(message):
        return ""  # it takes the field, but not so much
    if name:
        return name
    if status in {400, 422, 501} and sent and (not message.strip() or _UNNAMED.search(message)):
        return "*"
    return ""


def with_refused(changes: Changes, field: str, sent: set[str]) -> Changes:
    """The changes to try next, once a field was refused.

    Args:
        changes: those of the request that was refused.
        field: as `refused_field` gives it.
        sent: the optional fields that were sent.

    Returns:
        More changes than before; the same where there is nothing left to try.
    """
    if field == "*":
        # What isn't needed goes first; a length is better renamed, and then left out.
        others = sent - {_LENGTH, _NEWER_LENGTH, "system"}
        if others:
            return changes | dict.fromkeys(others, "")
        field = next(iter(sorted(sent & {_LENGTH, _NEWER_LENGTH})), "")
    if field == _LENGTH and _LENGTH not in changes:
        return changes | {_LENGTH: _NEWER_LENGTH}
    if field == _NEWER_LENGTH:
        return changes | {_LENGTH: ""}
    return changes | {field: ""} if field else changes


def changed_body(body: dict[str, Any], changes: Changes) -> dict[str, Any]:
    """A request's body with its changes made."""
    new = {changes.get(name, name): value for name, value in body.items()}
    new.pop("", None)
    if "system" in changes:
        new["messages"] = _without_system(body["messages"])
    return new


def optional_fields(body: dict[str, Any]) -> set[str]:
    """The optional fields of a request's body."""
    system = {"system"} if any(turn["role"] == "system" for turn in body.get("messages", ())) else set()
    return {name for name in OPTIONAL if name in body} | system


def words_of(changes: Changes) -> tuple[str, ...]:
    """What was changed, in words, for an answer's manifest."""
    words = {"system": "the instruction in the user's message"}
    return tuple(
        f"{name} as {new}" if new else words.get(name, f"without {name}")
        for name, new in sorted(changes.items())
    )


def _named(answer: object) -> list[str]:
    """Fields that an error names in its structure: OpenAI's `param`, or the `loc` of FastAPI and Mistral."""
    names: list[str] = []
    pending, seen = [answer], 0
    while pending and seen < 200:
        value, seen = pending.pop(0), seen + 1
        if isinstance(value, list):
            pending.extend(value[:20])
        elif isinstance(value, dict):
            if isinstance(value.get("param"), str):
                names.append(value["param"].rpartition(".")[2])
            if isinstance(value.get("loc"), list):
                names.extend(part for part in value["loc"] if isinstance(part, str))
            pending.extend(inner for inner in value.values() if isinstance(inner, list | dict))
    spelled = {"random_seed": "seed", "stop_sequences": "stop", "maxTokens": _LENGTH, _LENGTH: _NEWER_LENGTH}
    return [alias for name in names for alias in (name, spelled.get(name, name))]


def _mentioned(message: str, sent: set[str]) -> str:
    """The field that a message names first; of two at one place the longer name."""
    hits = []
    for name in sent:
        wording = _WORDING.get(name, name.replace("_", "[ _-]?"))
        if hit := re.search(rf"(?<![a-z0-9])(?:{wording})(?![a-z0-9])", message, re.IGNORECASE):
            hits.append((hit.start(), -len(hit[0]), name))
    return min(hits)[2] if hits else ""


def _without_system(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    """Messages whose system text stands at the head of the first message of the user."""
    system = "\n\n".join(turn["content"] for turn in messages if turn["role"] == "system")
    rest = [dict(turn) for turn in messages if turn["role"] != "system"]
    if rest and system:
        rest[0]["content"] = f"{system}\n\n{rest[0]['content']}"
    return rest
