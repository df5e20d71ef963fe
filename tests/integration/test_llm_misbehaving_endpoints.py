"""Endpoints that misbehave: each is an answer or a `ModelError` in words, within a time and a memory."""

from __future__ import annotations

import gzip
import json
import re
import resource
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import chat_server
import pytest
from chat_server import Answer, Handler, completion, event, replying, serving, streaming

from kedrec.errors import ModelError
from kedrec.llm.base import ChatRequest, Message
from kedrec.llm.openai import OpenAIModel
from kedrec.llm.replies import Limits

TEXT = "A may help in B [P1]."
REQUEST = ChatRequest((Message("system", "Explain."), Message("user", "Why?")), max_tokens=20)
LIMITS = Limits(size=1 << 20, seconds=1.5)
GZIPPED = {"content_encoding": "gzip"}


@pytest.fixture
def opened() -> Iterator[Callable[[Answer], OpenAIModel]]:
    from contextlib import ExitStack

    with ExitStack() as stack:

        def opens(answer: Answer) -> OpenAIModel:
            server = stack.enter_context(serving(answer))
            model = OpenAIModel("m", url=server.url, key="sk-secret-key", timeout=1.0, limits=LIMITS)
            stack.callback(model.close)
            model.seen = server.seen  # type: ignore[attr-defined]
            return model

        yield opens


def bomb(size: int) -> bytes:
    packer = zlib.compressobj(wbits=31)
    block = bytes(1 << 20)
    return b"".join([*(packer.compress(block) for _ in range(size >> 20)), packer.flush()])


def raw(data: bytes) -> Answer:
    return lambda handler, _: handler.wfile.write(data)


def endless(block: bytes, pause: float = 0.0, **headers: str) -> Answer:
    def answer(handler: Handler, _body: dict[str, Any]) -> None:
        handler.begin(200, **headers)
        handler.endless(block, pause)

    return answer


def dripping_headers(handler: Handler, _body: dict[str, Any]) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nx: ")
    handler.endless(b"a", 0.05)


def whole(value: object) -> dict[str, Any]:
    return {"choices": [{"message": value, "finish_reason": "stop"}]}


WRONG: dict[str, tuple[Answer, str]] = {
    # the body isn't what it should be
    "nothing": (replying(b""), "answered no JSON"),
    "no content": (replying(b"", 204), "answered 204"),
    "text": (replying(b"hello", content_type="text/plain"), "answered no JSON: hello"),
    "a web page": (
        replying(b"<html><head><title>Sign in</title>", content_type="text/html"),
        "page, 'Sign in'",
    ),
    "a web page as JSON": (replying(b"<!DOCTYPE html><p>x", content_type="application/json"), "a web page"),
    "not UTF-8": (replying(b'{"choices": "\xff\xfe"}'), "aren't UTF-8"),
    "UTF-16": (replying(json.dumps(completion(TEXT)).encode("utf-16")), "aren't UTF-8"),
    "half": (replying(json.dumps(completion(TEXT)).encode()[:40]), "answered no JSON"),
    "JSON nested deeply": (replying(b"[" * 200_000), "nested too deeply"),
    "a number of 10,000 digits": (replying(b'{"choices": ' + b"9" * 10_000 + b"}"), "answered no JSON"),
    "a number": (replying(5), "no chat completion"),
    "null": (replying(None), "no chat completion"),
    "no choices": (replying({"choices": []}), "no chat completion"),
    "choices that are a word": (replying({"choices": "x"}), "no chat completion"),
    "a choice that is null": (replying({"choices": [None]}), "no chat completion"),
    "a choice without a message": (replying({"choices": [{}]}), "no chat completion"),
    "a message that is a list": (replying(whole([])), "no chat completion"),
    "a message without content": (replying(whole({"role": "assistant"})), "no chat completion"),
    # there is no text, for a reason
    "null content": (replying(completion(None)), "answered no text"),
    "a refusal": (replying(completion(None, refusal="I can't help.")), r"refused to answer: I can't help\."),
    "a refusal as a part": (
        replying(completion([{"type": "refusal", "refusal": "No."}])),
        "refused to answer: No",
    ),
    "a filter": (replying(completion(None, "content_filter")), "held its answer back"),
    "a tool call": (replying(completion(None, "tool_calls", tool_calls=[{"id": "1"}])), "called a tool"),
    "an image": (replying(completion([{"type": "image_url", "image_url": {}}])), "type 'image_url'"),
    "a number as content": (replying(completion(5)), "answered no text"),
    "no parts": (replying(completion([])), "answered no text"),
    # errors
    "an error with status 200": (replying({"error": {"message": "overloaded"}}), "an error: overloaded"),
    "an error that is a word": (replying({"error": "overloaded"}), "an error: overloaded"),
    "an error in a list": (replying([{"error": {"message": "quota"}}], 400), "answered 400: quota"),
    "an error of FastAPI's": (replying({"detail": [{"msg": "bad model"}]}, 422), "answered 422: bad model"),
    "a proxy's page": (replying(b"<html><title>502 Bad Gateway</title>", 500), "page, '502 Bad Gateway'"),
    "escape sequences": (
        replying({"error": "a\x1b[2J\x1b]0;t\x07b\x00\x9b31mc\u202e"}, 500),
        "answered 500: abc",
    ),
    "a long message": (replying({"error": "x" * 100_000}, 500), "answered 500: x{300}"),
    "the key": (replying({"error": "wrong key sk-secret-key"}, 401), r"refused the key: wrong key \*\*\*"),
    "a wait in strange digits": (
        replying({"error": "busy"}, 429, retry_after="0\N{SUPERSCRIPT TWO}"),
        "busy",
    ),
    # where it leads
    "a redirection": (
        replying(b"", 307, location="http://u:pw@example.org/v1?k=1"),
        r"redirects to http://example\.org/v1\.",
    ),
    "a redirection to itself": (replying(b"", 302, location="/v1/chat/completions"), "redirects to /v1"),
    "a redirection to nowhere": (replying(b"", 301), "redirects to nowhere"),
    # the connection
    "a reset": (chat_server.reset, "can't be reached"),
    "no HTTP": (raw(b"SSH-2.0-OpenSSH\r\n"), "can't be reached"),
    "a status that is none": (raw(b"HTTP/1.1 abc OK\r\n\r\n"), "can't be reached"),
    "less than announced": (raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"), "can't be reached"),
    "broken chunks": (
        raw(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"),
        "can't be reached",
    ),
    "two lengths": (raw(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{"), "reached"),
    "headers without end": (raw(b"HTTP/1.1 200 OK\r\nx: " + b"a" * 300_000), "can't be reached"),
    "silence": (lambda handler, _: handler.silence(), "took too long"),
    # sizes and times
    "a body without end": (endless(b" " * 65536), "more than 1 MB"),
    "a body that drips": (endless(b" ", 0.05), "more than 1.5 seconds in all"),
    "headers that drip": (dripping_headers, "more than 1.5 seconds in all"),
    "an error without end": (
        lambda handler, _: (handler.begin(500), handler.endless(b"x" * 65536))[0],
        "more than 1 MB",
    ),
    "a gzip bomb": (replying(bomb(512 << 20), **GZIPPED), "more than 1 MB"),
    "gzip that is damaged": (replying(b"\x1f\x8b\x08\x00damaged", **GZIPPED), "damaged in its packing"),
    "gzip that is cut": (replying(gzip.compress(b"{}" * 999)[:-12], **GZIPPED), "cut off in its packing"),
    "an unknown packing": (replying(b"x", content_encoding="br"), "packed in a way that wasn't asked for"),
    # reasoning without an answer
    "reasoning without end": (replying(completion("<think>Well", "length")), "cut in its reasoning"),
    "reasoning alone": (replying(completion("<think>Well</think>")), "reasoned and gave no answer"),
    "reasoning in a field alone": (
        replying(completion("", "length", reasoning_content="Well")),
        "cut in its reasoning",
    ),
    "tokens used up unseen": (replying(completion("", "length")), "cut in its reasoning"),
    "harmony without a final": (
        replying(completion("<|channel|>analysis<|message|>Well", "length")),
        "cut in its reasoning",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_goes_wrong_is_a_model_error_that_says_what(name: str, opened: Any) -> None:
    answer, words = WRONG[name]
    model = opened(answer)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for ask in (model.chat, lambda request: list(model.stream(request))):
        began = time.monotonic()
        with pytest.raises(ModelError) as caught:
            ask(REQUEST)
        assert time.monotonic() - began < 20
        message = str(caught.value)
        assert message.isprintable()
        assert "sk-secret" not in message
        assert caught.value.hint
        if ask is model.chat:
            assert re.search(words, message), message
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB


RIGHT: dict[str, Answer] = {
    "parts": replying(completion([{"type": "text", "text": "A may "}, {"type": "text", "text": TEXT[6:]}])),
    "words as parts": replying(completion(["A may ", TEXT[6:]])),
    "one part": replying(completion({"type": "text", "text": TEXT})),
    "a part with a value": replying(completion([{"type": "text", "text": {"value": TEXT}}])),
    "a part of reasoning": replying(
        completion([{"type": "thinking", "thinking": "Well."}, {"type": "text", "text": TEXT}])
    ),
    "an older completion": replying({"choices": [{"text": TEXT, "finish_reason": "stop"}]}),
    "a byte order mark": replying(b"\xef\xbb\xbf" + json.dumps(completion(TEXT)).encode()),
    "no error": replying(completion(TEXT) | {"error": None}),
    "another media type": replying(completion(TEXT), content_type="text/plain"),
    "strange counts": replying(
        completion(TEXT) | {"usage": {"prompt_tokens": 1e999, "completion_tokens": "x"}}
    ),
    "usage that is a list": replying(completion(TEXT) | {"usage": [1]}),
    "gzip": replying(gzip.compress(json.dumps(completion(TEXT)).encode()), **GZIPPED),
    "control characters": replying(completion("A\x00 may\x1b[31m help\u202e in B [P1].")),
    "half a character": replying(b'{"choices": [{"message": {"content": "A may help in B [P1].\\ud800"}}]}'),
    "events that nobody asked for": streaming(event("A may "), event(TEXT[6:], "stop"), "data: [DONE]\n\n"),
    "no streaming": replying(completion(TEXT)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_only_unusual_is_read(name: str, opened: Any) -> None:
    model = opened(RIGHT[name])
    assert model.chat(REQUEST).text.rstrip("?") == TEXT
    model.chat(REQUEST).text.encode("utf-8")
    assert "".join(model.stream(REQUEST)).rstrip("?") == TEXT


STREAMS: dict[str, tuple[Answer, str]] = {
    "an end too early": (streaming(event("A may")), "broke off"),
    "nothing": (streaming(""), "broke off"),
    "an error": (
        streaming(event("A"), 'data: {"error": {"message": "out of\\u001b[1m memory"}}\n\n'),
        "out of memory",
    ),
    "no JSON": (streaming("data: {oops\n\n"), "no chat completion: {oops"),
    "not UTF-8": (replying(b"data: \xff\n\n", content_type="text/event-stream"), "no chat completion"),
    "a filter": (streaming(event(None, "content_filter")), "held its answer back"),
    "a refusal": (streaming(event(None, refusal="No."), event(None, "stop")), "refused to answer: No"),
    "events without end": (endless(event("x").encode(), content_type="text/event-stream"), "more than 1 MB"),
    "a line without end": (
        endless(b"data: xxxxxxxxxxxxxxxxx" * 999, content_type="text/event-stream"),
        "1 MB",
    ),
    "events that drip": (endless(b": wait\n\n", 0.05, content_type="text/event-stream"), "seconds in all"),
    "reasoning alone": (streaming(event("<think>Well"), event("", "length")), "cut in its reasoning"),
    "an end of reasoning that didn't begin": (
        streaming(event("Well."), event("</think>"), event(TEXT, "stop")),
        "without marking",
    ),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_that_goes_wrong_says_what(name: str, opened: Any) -> None:
    answer, words = STREAMS[name]
    model = opened(answer)
    with pytest.raises(ModelError) as caught:
        list(model.stream(REQUEST))
    message = str(caught.value)
    assert re.search(words, message), message
    assert message.isprintable()


def test_a_closed_model_says_so(opened: Any) -> None:
    model = opened(replying(completion(TEXT)))
    model.close()
    with pytest.raises(ModelError, match="was closed"):
        model.chat(REQUEST)


def test_a_packed_body_is_unpacked_in_small_blocks(opened: Any) -> None:
    from kedrec.llm.replies import open_reply

    model = opened(replying(bomb(8 << 20), **GZIPPED))
    with open_reply(model._client, "POST", "x", Limits(size=16 << 20), body={"messages": []}) as reply:
        sizes = [len(block) for block in reply.blocks()]
    assert sum(sizes) == 8 << 20
    assert max(sizes) <= 65536
