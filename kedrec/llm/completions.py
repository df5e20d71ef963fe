"""Reads chat completions, whole or as server-sent events, in the forms that servers give them.

Servers differ in where the text is: a string, a list of parts, a field of its own for reasoning. What holds
no text says why in one of several ways. All of that is read here, and nothing is taken for text that isn't.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

__all__ = ["Completion", "StrangeReplyError", "completion_of", "events_of", "json_of", "message_of"]

_LENGTH = {"length", "max_tokens", "max_output_tokens", "model_length", "max_completion_tokens"}
_FILTERED = {"content_filter", "safety", "recitation", "prohibited_content", "blocklist"}
_REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking", "reasoning_details")
_REASONING_PARTS = {"thinking", "reasoning", "redacted_thinking", "reasoning_content", "thought"}
_DEPTH = 8  # of parts in parts
_NO_TEXT = "answered no text"


class StrangeReplyError(Exception):
    """A reply is no chat completion; the text says what it is instead."""


@dataclass(frozen=True, slots=True)
class Completion:
    """A completion, or one event of a stream of them.

    Attributes:
        text: what the model wrote, "" for nothing.
        finish: why it ended; "" where it didn't yet.
        reasoning: whether reasoning came beside the text.
        absent: why there is no text, as the end of a sentence that begins with the server's name ("refused
            to answer: ..."); "" where there is, or where the model just wrote nothing.
        prompt_tokens, completion_tokens: as the server counts.
    """

    text: str
    finish: Literal["stop", "length", ""]
    reasoning: bool = False
    absent: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0


def json_of(data: bytes) -> Any:
    """The JSON value in a reply's bytes.

    Raises:
        StrangeReplyError: there is none.
    """
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise StrangeReplyError("bytes that aren't UTF-8") from error
    except RecursionError as error:
        raise StrangeReplyError("JSON that is nested too deeply") from error
    except ValueError as error:
        raise StrangeReplyError("no JSON") from error


def completion_of(value: object) -> Completion:
    """The completion in a reply's JSON value.

    Raises:
        StrangeReplyError: there is none.
    """
    choice = _choice(value)
    if choice is None:
        raise StrangeReplyError("no chat completion")
    message = choice.get("message")
    if not isinstance(message, dict):
        if not isinstance(choice.get("text"), str):
            raise StrangeReplyError("no chat completion")
        message = {"content": choice["text"]}  # as the older completions have it
    if not {"content", "refusal", "tool_calls", "function_call", *_REASONING_FIELDS} & message.keys():
        raise StrangeReplyError("no chat completion")
    return _completion(message, choice, value)


def events_of(lines: Iterable[bytes]) -> Iterator[Completion]:
    """The completions in the lines of a stream of server-sent events.

    The last one that is given has a `finish`, unless the stream broke off.

    Raises:
        StrangeReplyError: an event is no chat completion; or the server reports an error, which is then the
            error's second argument.
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
            value = json_of(data)
        except StrangeReplyError as error:
            text = data.decode("utf-8", "replace")
            raise StrangeReplyError("an event that is no chat completion", text) from error
        if isinstance(value, dict) and value.get("error"):
            raise StrangeReplyError("an error", value)
        if isinstance(value, dict) and value.get("choices") == []:
            continue  # usage comes in an event of its own
        choice = _choice(value)
        if choice is None:
            raise StrangeReplyError("an event that is no chat completion", value)
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            message = choice.get("message")
            delta = message if isinstance(message, dict) else {"content": choice.get("text")}
        event = _completion(delta, choice, value)
        yield replace(event, absent="") if event.absent == _NO_TEXT else event


def message_of(value: object) -> str:
    """What an error's body says, raw: the innermost of its message fields."""
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


def _completion(message: dict[str, Any], choice: dict[str, Any], whole: object) -> Completion:
    text, reasoning, refusal, others = _text_in(message.get("content"))
    reasoning = reasoning or any(message.get(name) for name in _REASONING_FIELDS)
    given = choice.get("finish_reason")
    reason = given.lower() if isinstance(given, str) else ""
    finish: Literal["stop", "length", ""] = "length" if reason in _LENGTH else "stop" if given else ""
    usage = whole.get("usage") if isinstance(whole, dict) else None
    usage = usage if isinstance(usage, dict) else {}
    said = message.get("refusal") or refusal
    absent = ""
    if not text:
        if said:
            absent = f"refused to answer: {said if isinstance(said, str) else 'no reason given'}"
        elif reason in _FILTERED:
            absent = f"held its answer back ({reason})"
        elif reason == "error":
            absent = "failed while it wrote"
        elif message.get("tool_calls") or message.get("function_call"):
            absent = "called a tool, where it was asked for text"
        elif others:
            absent = f"answered {', '.join(sorted(others)[:5])}, where it was asked for text"
        elif not isinstance(message.get("content"), str) and not reasoning and finish == "stop":
            absent = _NO_TEXT
    return Completion(
        text=text,
        finish=finish,
        reasoning=reasoning or _count(_reasoning_tokens(usage)) > 0,
        absent=absent,
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
    )


def _text_in(content: object, depth: int = 0) -> tuple[str, bool, str, set[str]]:
    """Text, whether there is reasoning, a refusal, and the types of other parts, of a message's content."""
    if isinstance(content, str):
        return content, False, "", set()
    if isinstance(content, dict):
        content = content.get("parts") if isinstance(content.get("parts"), list) else [content]
    texts: list[str] = []
    reasoning, refusal, others = False, "", set()
    for part in content if isinstance(content, list) and depth < _DEPTH else ():
        if isinstance(part, str):
            texts.append(part)
            continue
        if not isinstance(part, dict):
            others.add("a part that is no text")
            continue
        kind = part.get("type") if isinstance(part.get("type"), str) else ""
        text = part.get("text")
        if isinstance(text, dict):  # as the Assistants API has it
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
            reasoning, refusal, others = reasoning or inner[1], refusal or inner[2], others | inner[3]
        else:
            others.add(f"a part of the type '{kind[:40]}'" if kind else "a part that is no text")
    return "".join(texts), reasoning, refusal, others


def _reasoning_tokens(usage: dict[str, Any]) -> object:
    details = usage.get("completion_tokens_details")
    return details.get("reasoning_tokens") if isinstance(details, dict) else None


def _count(value: object) -> int:
    """A number of tokens; what is none counts as 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**40 else 0
