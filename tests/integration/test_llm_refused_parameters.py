"""Endpoints that refuse a field of a request, and endpoints that reason: an answer comes all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from chat_server import Answer, Handler, completion, event, replying, serving, streaming

from kedrec.api import Kedrec
from kedrec.errors import ModelError
from kedrec.llm.base import ChatRequest, Message
from kedrec.llm.openai import OpenAIModel
from kedrec.settings import load_settings

TEXT = "A may help in B [P1]."
REQUEST = ChatRequest((Message("system", "Explain."), Message("user", "Why?")), max_tokens=20, stop=("END",))
Opener = Callable[[Answer], tuple[OpenAIModel, list[dict[str, Any]]]]


@pytest.fixture
def opened() -> Iterator[Opener]:
    with ExitStack() as stack:

        def opens(answer: Answer) -> tuple[OpenAIModel, list[dict[str, Any]]]:
            server = stack.enter_context(serving(answer))
            model = OpenAIModel("m", url=server.url, timeout=2.0)
            stack.callback(model.close)
            return model, server.seen

        yield opens


def refusing(*fields: str, body: Callable[[str], object], status: int = 400) -> Answer:
    """An endpoint that takes no request with one of some fields; `system` is the role."""

    def answer(handler: Handler, request: dict[str, Any]) -> None:
        has = {*request} | {turn["role"] for turn in request["messages"]}
        for field in fields:
            if field in has:
                handler.send(body(field), status)
                return
        if request.get("stream"):
            handler.send(event(TEXT, "stop").encode(), content_type="text/event-stream")
        else:
            handler.send(completion(TEXT))

    return answer


def openais(field: str) -> object:
    return {"error": {"message": "Unsupported.", "type": "invalid_request_error", "param": field}}


WORDINGS: dict[str, Callable[[str], object]] = {
    "param": openais,
    "a param with its path": lambda field: openais(f"body.{field}"),
    "a message": lambda field: {"error": {"message": f"'{field}' is not supported with this model."}},
    "a word": lambda field: {"error": f"Unrecognized request argument supplied: {field}"},
    "FastAPI": lambda field: {"detail": [{"loc": ["body", field], "msg": "Extra inputs are not permitted"}]},
    "a text": lambda field: f"unknown field `{field}`".encode(),
    "blanks": lambda field: {"message": f"The parameter {field.replace('_', ' ')} cannot be set."},
    "no name": lambda _: {"error": {"message": "Unsupported parameter."}},
    "nothing": lambda _: b"",
}


@pytest.mark.parametrize("wording", WORDINGS)
@pytest.mark.parametrize("field", ["max_tokens", "temperature", "seed", "stop"])
def test_a_refused_field_is_renamed_or_left_out(opened: Opener, field: str, wording: str) -> None:
    model, seen = opened(refusing(field, body=WORDINGS[wording]))
    assert model.info.adjustments == ()
    assert model.chat(REQUEST).text == TEXT
    assert field in seen[0]
    assert field not in seen[-1]
    told = "max_tokens as max_completion_tokens" if field == "max_tokens" else f"without {field}"
    assert told in model.info.adjustments
    if wording not in {"no name", "nothing"}:
        assert len(model.info.adjustments) == 1
        assert len(seen) == 2
    if field == "max_tokens":
        assert seen[-1]["max_completion_tokens"] == 20
    requests = len(seen)  # it is remembered
    assert model.chat(REQUEST).text == TEXT
    assert "".join(model.stream(REQUEST)) == TEXT
    assert len(seen) == requests + 2


@pytest.mark.parametrize("wording", WORDINGS)
def test_an_endpoint_that_cannot_stream_is_asked_for_the_whole_answer(opened: Opener, wording: str) -> None:
    def answer(handler: Handler, request: dict[str, Any]) -> None:
        if request.get("stream"):
            handler.send(WORDINGS[wording]("stream"), 400)
        else:
            handler.send(completion(TEXT))

    model, seen = opened(answer)
    assert list(model.stream(REQUEST)) == [TEXT]
    assert seen[0]["stream"]
    assert not seen[-1].get("stream")
    assert "without streaming" in model.info.adjustments
    requests = len(seen)  # it is remembered
    assert list(model.stream(REQUEST)) == [TEXT]
    assert len(seen) == requests + 1
    assert model.chat(REQUEST).text == TEXT


@pytest.mark.parametrize("status", [400, 403])
def test_an_endpoint_that_knows_no_stream_field_gets_none(opened: Opener, status: int) -> None:
    body = {"error": {"message": "Streaming is disabled for this key."}}
    model, seen = opened(refusing("stream", body=lambda _: body, status=status))
    for request in (REQUEST, ChatRequest((Message("user", "Why?"),))):
        assert list(model.stream(request)) == [TEXT]
    assert "stream" not in seen[-1]


@pytest.mark.parametrize("status", [200, 400, 403, 404, 422, 500, 501])
def test_several_refused_fields_are_left_out_one_after_the_other(opened: Opener, status: int) -> None:
    fields = ("max_tokens", "max_completion_tokens", "temperature", "seed", "stop", "system")
    body = {name: {"error": {"message": f"{name} is not supported"}} for name in fields}
    body["system"] = {"error": {"message": "System role not supported"}}
    model, seen = opened(refusing(*fields, body=lambda name: body[name], status=status))
    assert "".join(model.stream(REQUEST)) == TEXT
    assert set(seen[-1]) == {"path", "key", "model", "messages", "stream"}
    assert seen[-1]["messages"] == [{"role": "user", "content": "Explain.\n\nWhy?"}]
    assert model.info.adjustments == (
        "without max_tokens", "without seed", "without stop", "the instruction in the user's message",
        "without temperature",
    )  # fmt: skip
    assert model.chat(REQUEST).text == TEXT


@pytest.mark.parametrize(
    "error",
    [
        {"message": "'messages[0].role' can't be 'system' here.", "param": "messages[0].role"},
        {"message": "messages[0].role does not support 'system' with this model."},
        {"message": "Developer instruction is not enabled for this model."},
        {"message": "Only the roles user and assistant are supported, not system."},
        {"message": "System messages are not allowed."},
    ],
)
def test_an_instruction_that_is_refused_goes_into_the_question(opened: Opener, error: object) -> None:
    model, seen = opened(refusing("system", body=lambda _: {"error": error}))
    assert model.chat(REQUEST).text == "".join(model.stream(REQUEST)) == TEXT
    assert [turn["role"] for turn in seen[-1]["messages"]] == ["user"]
    assert seen[-1]["messages"][0]["content"] == "Explain.\n\nWhy?"
    assert model.info.adjustments == ("the instruction in the user's message",)


def test_many_at_once_learn_it_too(opened: Opener) -> None:
    model, _ = opened(refusing("max_tokens", "temperature", body=openais))
    assert [one.text for one in model.chat_many([REQUEST] * 12)] == [TEXT] * 12


def test_a_stop_that_the_endpoint_refuses_is_applied_here(opened: Opener) -> None:
    def answer(handler: Handler, body: dict[str, Any]) -> None:
        if "stop" in body:
            handler.send(openais("stop"), 400)
        elif body["stream"]:
            pieces = (event("One. EN"), event("D Two."), event("", "stop"))
            handler.send("".join(pieces).encode(), content_type="text/event-stream")
        else:
            handler.send(completion("One. END Two."))

    model, _ = opened(answer)
    assert model.chat(REQUEST).text == "One. "
    assert "D" not in "".join(model.stream(REQUEST))


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 100 tokens; max_tokens is too large: 20.",
        "max_tokens exceeds the context window.",
        "Your account is stopped.",
        "The prompt is not allowed.",
        "invalid api version",
    ],
)
def test_other_errors_are_not_taken_for_refused_fields(opened: Opener, message: str) -> None:
    model, seen = opened(replying({"error": {"message": message}}, 400))
    with pytest.raises(ModelError, match=r"answered 400: "):
        model.chat(REQUEST)
    assert len(seen) == 1
    assert model.info.adjustments == ()


def test_an_endpoint_that_refuses_whatever_is_sent_ends(opened: Opener) -> None:
    model, seen = opened(replying(openais("max_tokens"), 400))
    with pytest.raises(ModelError, match="answered 400: Unsupported"):
        model.chat(REQUEST)
    with pytest.raises(ModelError, match="answered 400: Unsupported"):
        list(model.stream(REQUEST))
    assert len(seen) < 12


REASONED = {
    "think": f"<think>\nA cures B [P1].\n</think>\n\n{TEXT}",
    "think in capitals": f"<THINK>A cures B.</THINK>{TEXT}",
    "thinking": f"<thinking type='deep'>A cures B.</thinking>{TEXT}",
    "reasoning": f"<reasoning>A cures B.</reasoning> {TEXT}",
    "thought": f"<thought>A cures B.</thought> {TEXT}",
    "a name of two words": f"<chain_of_thought>A cures B.</chain_of_thought>{TEXT}",
    "a name with a blank": f"<thought process>A cures B.</thought process>{TEXT}",
    "a name in camel case": f"<antThinking>A cures B.</antThinking>{TEXT}",
    "a monologue": f"<inner_monologue>A cures B [P1].</inner_monologue>{TEXT}",
    "thinking in brackets": f"[THINKING]A cures B [P1].[/THINKING]{TEXT}",
    "thinking in bars": f"<|thinking|>A cures B.<|/thinking|>{TEXT}",
    "none": f"<think/>{TEXT}",
    "a final in tags": f"<think>A cures B.</think><final>{TEXT}</final>",
    "a namespace": f"<seed:think>A cures B.</seed:think>{TEXT}",
    "blanks": f"< think >A cures B.</ think >{TEXT}",
    "two": f"<think>A</think><think>cures B.</think>{TEXT}",
    "one in the other": f"<think>A <think>cures</think> B.</think>{TEXT}",
    "at the end": f"{TEXT}<think>Was that right?</think>",
    "brackets": f"[THINK]A cures B [P1].[/THINK]{TEXT}",
    "Kimi": f"◁think▷A cures B.◁/think▷{TEXT}",
    "escaped": f"&lt;think&gt;A cures B.&lt;/think&gt;{TEXT}",
    "harmony": "<|channel|>analysis<|message|>A cures B.<|end|><|start|>assistant<|channel|>final<|message|>"
    + TEXT
    + "<|return|>",
    "thought in bars": f"<|begin_of_thought|>A<|end_of_thought|><|begin_of_solution|>{TEXT}"
    "<|end_of_solution|>",
    "Command": f"<|START_THINKING|>A<|END_THINKING|><|START_RESPONSE|>{TEXT}<|END_RESPONSE|>",
    "Gemma": f"<|channel>thought\nA cures B.\n<channel|>{TEXT}",
    "Granite": f"Here is my thought process: A cures B. Here is my response: {TEXT}",
    "an answer in tags": f"<think>A</think><answer>{TEXT}</answer>",
    "a turn's end": f"<think>A</think>{TEXT}<|im_end|>",
}
HEADLESS = {
    "a lone end": f"A cures B [P1].\n</think>\n\n{TEXT}",
    "a lone end of thinking": f"Okay. </thinking>{TEXT}",
    "harmony without marks": f"analysisA cures B.assistantfinal{TEXT}",
    "an answer in tags": f"A cures B. <answer>{TEXT}</answer>",
}


@pytest.mark.parametrize("name", REASONED | HEADLESS)
def test_reasoning_is_no_part_of_an_answer(opened: Opener, name: str) -> None:
    model, _ = opened(replying(completion((REASONED | HEADLESS)[name])))
    assert model.chat(REQUEST).text == TEXT


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
@pytest.mark.parametrize("name", REASONED)
def test_reasoning_is_no_part_of_a_stream(opened: Opener, name: str, size: int) -> None:
    text = REASONED[name]
    pieces = [event(text[start : start + size]) for start in range(0, len(text), size)]
    model, _ = opened(streaming(*pieces, event("", "stop")))
    assert "".join(model.stream(REQUEST)).strip() == TEXT


def test_a_stream_that_begins_in_reasoning_is_known_the_second_time(opened: Opener) -> None:
    model, _ = opened(streaming(event("A cures B."), event(" </think> "), event(TEXT, "stop")))
    with pytest.raises(ModelError, match="Ask again"):
        list(model.stream(REQUEST))
    assert "".join(model.stream(REQUEST)) == TEXT


def test_reasoning_in_a_field_of_its_own_is_left_out(opened: Opener) -> None:
    for field in ("reasoning_content", "reasoning", "thinking"):
        model, _ = opened(replying(completion(TEXT, **{field: "A cures B."})))
        assert model.chat(REQUEST).text == TEXT
        model, _ = opened(streaming(event(None, **{field: "A cures B."}), event(TEXT, "stop")))
        assert "".join(model.stream(REQUEST)) == TEXT


def test_what_only_looks_like_a_mark_stays(opened: Opener) -> None:
    text = "A (IC50 < 5, > 3) binds C[THIN] and <b>, see H & D; Here is a [P1]."
    model, _ = opened(replying(completion(text)))
    assert model.chat(REQUEST).text == text
    model, _ = opened(streaming(*map(event, text), event("", "stop")))
    assert "".join(model.stream(REQUEST)) == text


def reasoner(tokens: int, begun: str, ended: str, *, most: int = 10**6, answer: str = TEXT) -> Answer:
    """A model that writes so many tokens of reasoning first, within what it is allowed."""

    def write(handler: Handler, body: dict[str, Any]) -> None:
        allowed = body["max_tokens"]
        if allowed > most:
            handler.send({"error": {"message": "max_tokens is too large for the context length"}}, 400)
            return
        words = [begun + "Hm", *[" hm"] * (tokens - 1), ended, *answer.split(" ")]
        text = "".join(words[: tokens + 1]) + " ".join(words[tokens + 1 :])
        cut = allowed < len(words)
        if cut:
            text = "".join(words[: min(allowed, tokens)]) + (ended + "A may" if allowed > tokens else "")
        handler.send(completion(text, "length" if cut else "stop"))

    return write


@pytest.mark.parametrize(("begun", "ended"), [("<think>", "</think>"), ("Okay, ", "</think>")])
@pytest.mark.parametrize(("tokens", "most"), [(50, 10**6), (18, 10**6), (900, 2000)])
def test_reasoning_does_not_use_up_the_answers_tokens(
    opened: Opener, begun: str, ended: str, tokens: int, most: int
) -> None:
    model, seen = opened(reasoner(tokens, begun, ended, most=most))
    assert model.chat(REQUEST).text == TEXT
    assert [one["max_tokens"] for one in seen] == [20, 4116, *([1044] if most == 2000 else [])]
    assert any("for reasoning" in one for one in model.info.adjustments)
    before = len(seen)
    assert model.chat(REQUEST).text == TEXT
    assert len(seen) == before + 1  # it is remembered


@pytest.mark.parametrize("begun", ["<think>", ""])
def test_an_answer_that_is_cut_before_it_begins_is_an_error(opened: Opener, begun: str) -> None:
    model, _ = opened(reasoner(9000, begun, "</think>"))
    if begun:
        with pytest.raises(ModelError, match="cut in its reasoning, before its answer began"):
            model.chat(REQUEST)
    else:  # nothing marks it: it is an answer, which the gate strikes
        assert model.chat(REQUEST).finish == "length"


def test_a_cut_answer_without_reasoning_is_taken_as_it_is(opened: Opener) -> None:
    model, seen = opened(replying(completion("A may help in", "length")))
    answer = model.chat(REQUEST)
    assert (answer.text, answer.finish, len(seen)) == ("A may help in", "length", 1)
    model, seen = opened(replying(completion("First, A may help in", "length")))
    assert model.chat(REQUEST).text == model.chat(REQUEST).text == "First, A may help in"
    assert len(seen) == 3  # it was asked once whether that is reasoning
    assert model.info.adjustments == ()


def test_the_manifest_says_what_was_changed(starter_home: Path) -> None:
    def answer(handler: Handler, body: dict[str, Any]) -> None:
        if "max_tokens" in body:
            handler.send(openais("max_tokens"), 400)
        elif body.get("temperature", 1) != 1:
            handler.send({"error": {"message": "temperature can only be 1", "param": "temperature"}}, 400)
        else:
            handler.send(completion("<think>It cures it [P1].</think> Hello [P1]."))

    with serving(answer) as server:
        settings = load_settings(
            home=starter_home, graph=str(starter_home / "graph"), model="openai:any", llm_url=server.url
        )
        with Kedrec(settings) as kedrec:
            found = kedrec.recommend("multiple sclerosis", drugs=["vedolizumab"])
    assert found.manifest.model_adjustments == ("max_tokens as max_completion_tokens", "without temperature")
    assert [claim.text for claim in found[0].rationale.claims if claim.status == "struck"] == ["Hello."]
