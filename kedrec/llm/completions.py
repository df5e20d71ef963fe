"""Parses chat completions, whole or as server-sent events, in the forms that servers use.

Servers differ in where the text is (a string, a list of parts, a separate field for reasoning) and in how an
answer without text gives its reason. All these forms are parsed here; only text counts as text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

__all__ = [
    "Completion",
    "InvalidReplyError",
    "error_message",
    "parse_completion",
    "parse_events",
    "parse_json",
]

_LENGTH = {"length", "max_tokens", "max_output_tokens", "model_length", "max_completion_tokens"}
_FILTERED = {"content_filter", "safety", "recitation", "prohibited_content", "blocklist"}
_REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking", "reasoning_details")
_REASONING_PARTS = {"thinking", "reasoning", "redacted_thinking", "reasoning_content", "thought"}
_DEPTH = 8  # of parts in parts
_NO_TEXT = "answered no text"


class InvalidReplyError(Exception):
    """A reply is no chat completion; the first argument says what it is instead."""


@dataclass(frozen=True, slots=True)
class Completion:
    """A completion, or one event of a stream of them.

    Attributes:
        text: the model's text, "" for none.
        finish: why it ended; "" where it hasn't ended yet.
        reasoning: True where reasoning came beside the text.
        absence: why there is no text, as the end of a sentence that begins with the server's name ("refused
            to answer: ..."); "" where there is text, or where the model just wrote nothing.
        prompt_tokens, completion_tokens: the server's counts.
    """

    text: str
    finish: Literal["stop", "length", ""]
    reasoning: bool = False
    absence: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0


def parse_json(data: bytes) -> Any:
    """Parses the JSON value in a reply's bytes.

    Raises:
        InvalidReplyError: there is none.
    """
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InvalidReplyError("bytes that aren't UTF-8") from error
    except RecursionError as error:
        raise InvalidReplyError("JSON that is nested too deeply") from error
    except ValueError as error:
        raise InvalidReplyError("no JSON") from error


def parse_completion(value: object) -> Completion:
    """Extracts the completion from a reply's JSON value.

    Raises:
        InvalidReplyError: there is none.
    """
    choice = _choice(value)
    if choice is None:
        raise InvalidReplyError("no chat completion")
    message = choice.get("message")
    if not isinstance(message, dict):
        if not isinstance(choice.get("text"), str):
            raise InvalidReplyError("no chat completion")
        message = {"content": choice["text"]}  # the form of the older completions API
    if not {"content", "refusal", "tool_calls", "function_call", *_REASONING_FIELDS} & message.keys():
        raise InvalidReplyError("no chat completion")
    return _completion(message, choice, value)


def parse_events(lines: Iterable[bytes]) -> Iterator[Completion]:
    """Yields the completions in the lines of a stream of server-sent events.

    The last one has a `finish`, unless the stream broke off.

    Raises:
        InvalidReplyError: an event is no chat completion or reports an error; its second argument is
            the event.
    """
    for line in lines:
        if not line.startswith(b"data:"):
            continue  # a comment, an event's name or id, an empty line
        data = line.removeprefix(b"data:").strip()
        if not data:
            continue
        if data == b"[DONE]":
            yield Completion("", "stop")
            return
        try:
            value = parse_json(data)
        except InvalidReplyError as error:
            text = data.decode("utf-8", "replace")
            raise InvalidReplyError("an event that is no chat completion", text) from error
        if isinstance(value, dict) and value.get("error"):
            raise InvalidReplyError("an error", value)
        if isinstance(value, dict) and value.get("choices") == []:
            continue  # an event of usage alone
        choice = _choice(value)
        if choice is None:
            raise InvalidReplyError("an event that is no chat completion", value)
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            message = choice.get("message")
            delta = message if isinstance(message, dict) else {"content": choice.get("text")}
        event = _completion(delta, choice, value)
        yield replace(event, absence="") if event.absence == _NO_TEXT else event


def error_message(value: object) -> str:
    """Returns the innermost message field of an error's body, as the server wrote it."""
    for _ in range(_DEPTH):
        if isinstance(value, list) and value:
            value = value[0]
        if not isinstance(value, dict):
            break
        names = ("error", "message", "detail", "msg", "title", "error_description")
        inner = next((value[name] for name in names if value.get(name)), None)
        if inner is None:
            break
        value = inner
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, default=str)


def _choice(value: object) -> dict[str, Any] | None:
    choices = value.get("choices") if isinstance(value, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else None


def _completion(message: dict[str, Any], choice: dict[str, Any], reply: object) -> Completion:
    text, reasoning, refusal, other_types = _text_in(message.get("content"))
    reasoning = reasoning or any(message.get(name) for name in _REASONING_FIELDS)
    raw_reason = choice.get("finish_reason")
    reason = raw_reason.lower() if isinstance(raw_reason, str) else ""
    finish: Literal["stop", "length", ""] = "length" if reason in _LENGTH else "stop" if raw_reason else ""
    usage = reply.get("usage") if isinstance(reply, dict) else None
    usage = usage if isinstance(usage, dict) else {}
    refusal = message.get("refusal") or refusal
    absence = ""
    if not text:
        if refusal:
            absence = f"refused to answer: {refusal if isinstance(refusal, str) else 'no reason given'}"
        elif reason in _FILTERED:
            absence = f"held its answer back ({reason})"
        elif reason == "error":
            absence = "failed while it wrote"
        elif message.get("tool_calls") or message.get("function_call"):
            absence = "called a tool, where it was asked for text"
        elif other_types:
            absence = f"answered {', '.join(sorted(other_types)[:5])}, where it was asked for text"
        elif not isinstance(message.get("content"), str) and not reasoning and finish == "stop":
            absence = _NO_TEXT
    return Completion(
        text=text,
        finish=finish,
        reasoning=reasoning or _count(_reasoning_tokens(usage)) > 0,
        absence=absence,
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
    )


def _text_in(content: object, depth: int = 0) -> tuple[str, bool, str, set[str]]:
    """Returns a content's text, True if it has reasoning, its refusal, and the types of its other parts."""
    if isinstance(content, str):
        return content, False, "", set()
    if isinstance(content, dict):
        content = content.get("parts") if isinstance(content.get("parts"), list) else [content]
    texts: list[str] = []
    reasoning, refusal, other_types = False, "", set()
    for part in content if isinstance(content, list) and depth < _DEPTH else ():
        if isinstance(part, str):
            texts.append(part)
            continue
        if not isinstance(part, dict):
            other_types.add("a part that is no text")
            continue
        kind = part.get("type") if isinstance(part.get("type"), str) else ""
        text = part.get("text")
        if isinstance(text, dict):  # the form of the Assistants API
            text = text.get("value")
        if kind in _REASONING_PARTS or part.get("thought") is True:
            reasoning = True
        elif kind == "refusal" or isinstance(part.get("refusal"), str):
            refusal = str(part.get("refusal") or text or "no reason given")
        elif isinstance(text, str):
            texts.append(text)
        elif isinstance(part.get("content"), str | list):
            inner = _text_in(part["content"], depth + 1)
            texts.append(inner[0])
            reasoning, refusal = reasoning or inner[1], refusal or inner[2]
            other_types |= inner[3]
        else:
            other_types.add(f"a part of the type '{kind[:40]}'" if kind else "a part that is no text")
    return "".join(texts), reasoning, refusal, other_types


def _reasoning_tokens(usage: dict[str, Any]) -> object:
    details = usage.get("completion_tokens_details")
    return details.get("reasoning_tokens") if isinstance(details, dict) else None


def _count(value: object) -> int:
    """Returns a plausible number of tokens; 0 for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**40 else 0
