"""Changes a request that a server refuses for one of its fields: omits or renames the field.

OpenAI's newer models take `max_completion_tokens` in place of `max_tokens` and only their own temperature;
others refuse a seed, stops, a grammar. The refused field is read from the error's structure or wording.
"""

from __future__ import annotations

import re
from typing import Any

from kedrec.llm.completions import error_message

__all__ = [
    "OPTIONAL",
    "STREAM",
    "Changes",
    "apply_changes",
    "describe_changes",
    "next_changes",
    "optional_fields",
    "refused_field",
]

Changes = dict[str, str]
"""Fields and their new names; "" for an omitted field."""

STREAM = "stream"
"""Field that asks for an answer in pieces; without it a server answers whole."""

_LENGTH, _NEWER_LENGTH = "max_tokens", "max_completion_tokens"
_STATUSES = {200, 400, 403, 404, 405, 409, 415, 422, 500, 501}
_WORDING = {
    **dict.fromkeys((_LENGTH, _NEWER_LENGTH), r"max[ _-]?(?:(?:completion|new|output)[ _-]?)?tokens"),
    "stop": r"stop(?:[ _-]?(?:sequences?|words?|tokens?|strings?))?",
    "seed": r"(?:random[ _-]?)?seed",
    STREAM: r"stream(?:ing)?",
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
    STREAM,
    "system",
)
"""Fields that a request can do without; `system` is a role, whose text moves into the user's message."""
_TOO_MUCH = re.compile(
    r"context (?:length|size|window)|too (?:large|long|many|big|high)|exceed|at most", re.IGNORECASE
)
_NOUN = r"(?:param|argument|field|propert|input|key|option|request|body)"
_REFUSAL = r"(?:un(?:supported|recogni[sz]ed|known|expected)|not (?:supported|permitted|allowed)|forbidden)"
_UNNAMED_FIELD = re.compile(
    rf"(?:{_REFUSAL}|extra|invalid|additional|bad)\b.{{0,60}}\b{_NOUN}|\b{_NOUN}\w*\b.{{0,60}}\b(?:{_REFUSAL}|invalid)",
    re.IGNORECASE | re.DOTALL,
)
_MOST_CHARACTERS = 4000  # of an error that are searched


def refused_field(status: int, answer: object, fields: set[str]) -> str:
    """Returns the field of a request that an error blames.

    Args:
        status: HTTP status.
        answer: the error's body, as JSON value or text.
        fields: the request's optional fields (`OPTIONAL`).

    Returns:
        The field's name; "*" where the error blames a field without naming it; "" where it blames something
        else.
    """
    if status not in _STATUSES:
        return ""
    message = error_message(answer)[:_MOST_CHARACTERS]
    name = next((name for name in _structured_names(answer) if name in fields), "") or _mentioned_field(
        message, fields
    )
    if name in {_LENGTH, _NEWER_LENGTH} and _TOO_MUCH.search(message):
        return ""  # the field is accepted, the value is too large
    if name:
        return name
    if status in {400, 422, 501} and fields and (not message.strip() or _UNNAMED_FIELD.search(message)):
        return "*"
    return ""


def next_changes(changes: Changes, field: str, fields: set[str]) -> Changes:
    """Returns the changes to try after a field was refused.

    Args:
        changes: the refused request's changes.
        field: the result of `refused_field`.
        fields: the request's optional fields.

    Returns:
        More changes than before; the same where there is nothing else to try.
    """
    if field == "*":
        # Unneeded fields go first; the length is renamed before it is omitted; streaming goes last.
        unneeded = fields - {_LENGTH, _NEWER_LENGTH, STREAM, "system"}
        if unneeded:
            return changes | dict.fromkeys(unneeded, "")
        field = next(iter(sorted(fields & {_LENGTH, _NEWER_LENGTH})), "")
        if not field and STREAM in fields:
            field = STREAM
    if field == _LENGTH and _LENGTH not in changes:
        return changes | {_LENGTH: _NEWER_LENGTH}
    if field == _NEWER_LENGTH:
        return changes | {_LENGTH: ""}
    return changes | {field: ""} if field else changes


def apply_changes(body: dict[str, Any], changes: Changes) -> dict[str, Any]:
    """Returns a request's body with the changes."""
    new = {changes.get(name, name): value for name, value in body.items()}
    new.pop("", None)
    if "system" in changes:
        new["messages"] = _without_system(body["messages"])
    return new


def optional_fields(body: dict[str, Any]) -> set[str]:
    """Returns the optional fields in a request's body."""
    system = {"system"} if any(turn["role"] == "system" for turn in body.get("messages", ())) else set()
    return {name for name in OPTIONAL if name in body} | system


def describe_changes(changes: Changes) -> tuple[str, ...]:
    """Describes the changes in words, for an answer's manifest."""
    words = {"system": "the instruction in the user's message", STREAM: "without streaming"}
    return tuple(
        f"{name} as {new}" if new else words.get(name, f"without {name}")
        for name, new in sorted(changes.items())
    )


def _structured_names(answer: object) -> list[str]:
    """Returns the fields in an error's structure: OpenAI's `param`, or the `loc` of FastAPI and Mistral."""
    names: list[str] = []
    pending, count = [answer], 0
    while pending and count < 200:
        value, count = pending.pop(0), count + 1
        if isinstance(value, list):
            pending.extend(value[:20])
        elif isinstance(value, dict):
            if isinstance(value.get("param"), str):
                names.append(value["param"].rpartition(".")[2])
            if isinstance(value.get("loc"), list):
                names.extend(part for part in value["loc"] if isinstance(part, str))
            pending.extend(inner for inner in value.values() if isinstance(inner, list | dict))
    aliases = {"random_seed": "seed", "stop_sequences": "stop", "maxTokens": _LENGTH, _LENGTH: _NEWER_LENGTH}
    return [alias for name in names for alias in (name, aliases.get(name, name))]


def _mentioned_field(message: str, fields: set[str]) -> str:
    """Returns the field that a message names first; of two at the same position the longer name."""
    mentions = []
    for name in fields:
        wording = _WORDING.get(name, name.replace("_", "[ _-]?"))
        if match := re.search(rf"(?<![a-z0-9])(?:{wording})(?![a-z0-9])", message, re.IGNORECASE):
            mentions.append((match.start(), -len(match[0]), name))
    return min(mentions)[2] if mentions else ""


def _without_system(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    """Moves the system text to the head of the user's first message."""
    system = "\n\n".join(turn["content"] for turn in messages if turn["role"] == "system")
    turns = [dict(turn) for turn in messages if turn["role"] != "system"]
    if turns and system:
        turns[0]["content"] = f"{system}\n\n{turns[0]['content']}"
    return turns
