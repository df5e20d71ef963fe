"""OpenAI-compatible endpoints, against a small server that speaks the protocol over real sockets."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from kedrec.errors import ModelError, SettingsError
from kedrec.llm.base import ChatModel, ChatRequest, Message
from kedrec.llm.open_model import open_model
from kedrec.llm.openai import OpenAIModel
from kedrec.settings import load_settings

REQUEST = ChatRequest((Message("user", "Why β?"),), max_tokens=9, seed=5, stop=("END",))
Answer = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    """Answers as the test says, and keeps what it was asked."""

    answer: Answer
    seen: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.seen.append({"path": self.path, "key": self.headers.get("authorization"), **body})
        type(self).answer(self, body)

    def send(self, body: object, status: int = 200, **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served() -> Iterator[Callable[[Answer], tuple[OpenAIModel, list[dict[str, Any]]]]]:
    opened: list[Any] = []

    def serve(answer: Answer) -> tuple[OpenAIModel, list[dict[str, Any]]]:
        seen: list[dict[str, Any]] = []
        handler = type("Told", (Handler,), {"answer": staticmethod(answer), "seen": seen})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        model = OpenAIModel("m", url=f"http://127.0.0.1:{server.server_port}/v1", key="secret", timeout=1.0)
        opened.extend((model, server))
        return model, seen

    yield serve
    for one in opened:
        one.close() if isinstance(one, OpenAIModel) else (one.shutdown(), one.server_close())


def completion(text: str, finish: str = "stop") -> dict[str, Any]:
    return {
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4},
    }


def event(text: str | None, finish: str | None = None) -> str:
    return (
        "data: " + json.dumps({"choices": [{"delta": {"content": text}, "finish_reason": finish}]}) + "\n\n"
    )


def streaming(*events: str) -> Answer:
    def answer(handler: Handler, _body: dict[str, Any]) -> None:
        handler.send("".join(events).encode(), content_type="text/event-stream")

    return answer


def test_a_chat(served: Any) -> None:
    model, seen = served(lambda handler, _: handler.send(completion("Because β.", "length")))
    assert isinstance(model, ChatModel)
    answer = model.chat(REQUEST)
    assert (answer.text, answer.finish, answer.prompt_tokens, answer.completion_tokens) == (
        "Because β.", "length", 3, 4,
    )  # fmt: skip
    assert seen == [
        {
            "path": "/v1/chat/completions",
            "key": "Bearer secret",
            "model": "m",
            "messages": [{"role": "user", "content": "Why β?"}],
            "max_tokens": 9,
            "temperature": 0.0,
            "seed": 5,
            "stream": False,
            "stop": ["END"],
        }
    ]


def test_many_at_once_come_back_in_order(served: Any) -> None:
    def echo(handler: Handler, body: dict[str, Any]) -> None:
        time.sleep(0.1 if body["messages"][0]["content"] == "0" else 0)
        handler.send(completion(body["messages"][0]["content"]))

    model, _ = served(echo)
    requests = [ChatRequest((Message("user", str(number)),)) for number in range(6)]
    assert [answer.text for answer in model.chat_many(requests)] == list("012345")


def test_a_stream(served: Any) -> None:
    model, seen = served(
        streaming(
            ": a comment\n\n",
            event(None),
            event("Be"),
            event("cause β"),
            event("", "stop"),
            'data: {"choices": [], "usage": {}}\n\n',
            "data: [DONE]\n\n",
        )
    )
    assert list(model.stream(REQUEST)) == ["Be", "cause β"]
    assert seen[0]["stream"] is True


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ((event("Be"),), "broke off in the middle"),
        ((event("Be"), 'data: {"error": {"message": "out of memory"}}\n\n'), "out of memory"),
        (("data: {oops\n\n",), "no chat completion"),
        (('data: {"choices": 5}\n\n',), "no chat completion"),
    ],
)
def test_a_stream_that_goes_wrong(served: Any, events: tuple[str, ...], words: str) -> None:
    model, _ = served(streaming(*events))
    with pytest.raises(ModelError, match=words):
        list(model.stream(REQUEST))


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, {"error": {"message": "bad key"}}, r"refused the key: bad key\. Set KEDREC_LLM_KEY"),
        (403, {"error": {"message": "no access"}}, r"forbids the request: no access\. See what it says"),
        (404, {"detail": "Not Found"}, "doesn't know the model 'm' or isn't a chat endpoint: Not Found"),
        (400, {"error": {"message": "too long"}}, "answered 400: too long"),
        (500, b"<html><title>oops</title>x</html>", r"answered 500: a web page, 'oops'\."),
        (302, b"", r"answered 302: it redirects to http://127\.0\.0\.1:1/"),
        (200, b"hello", "answered no JSON: hello"),
        (200, {"choices": []}, "answered no chat completion"),
        (200, {"error": {"message": "overloaded"}}, "answered an error: overloaded"),
        (200, [1], "answered no chat completion"),
    ],
)
def test_refusals_and_nonsense_are_model_errors(served: Any, status: int, body: object, words: str) -> None:
    model, _ = served(lambda handler, _: handler.send(body, status, location="http://127.0.0.1:1/"))
    with pytest.raises(ModelError, match=words):
        model.chat(REQUEST)
    if status != 200:
        with pytest.raises(ModelError, match=words):
            list(model.stream(REQUEST))


def test_a_busy_server_is_asked_again(served: Any) -> None:
    left = [429, 503]

    def answer(handler: Handler, _: dict[str, Any]) -> None:
        if left:
            handler.send({"error": "busy"}, left.pop(), retry_after="0")
        else:
            handler.send(completion("ok"))

    model, seen = served(answer)
    assert model.chat(REQUEST).text == "ok"
    assert len(seen) == 3
    model, seen = served(lambda handler, _: handler.send({"error": "busy"}, 429, retry_after="0"))
    with pytest.raises(ModelError, match="answered 429: busy"):
        model.chat(REQUEST)
    assert len(seen) == 3


def test_silence_and_absence(served: Any) -> None:
    model, _ = served(lambda _handler, _body: time.sleep(1.5))
    with pytest.raises(ModelError, match="took too long"):
        model.chat(REQUEST)
    gone = OpenAIModel("m", url="http://127.0.0.1:9/v1")
    with pytest.raises(ModelError, match="can't be reached"):
        gone.chat(REQUEST)
    with pytest.raises(ModelError, match="can't be reached"):
        list(gone.stream(REQUEST))
    gone.close()


def test_opened_by_name_at_the_address_in_the_settings(served: Any) -> None:
    model, seen = served(lambda handler, _: handler.send(completion("ok")))
    url = str(model._client.base_url)
    opened = open_model("openai:m2", load_settings(llm_url=url, llm_key="k"))
    assert opened.chat(REQUEST).text == "ok"
    assert (seen[0]["model"], seen[0]["key"]) == ("m2", "Bearer k")
    assert opened.info.name == "openai:m2"
    assert opened.count_tokens(REQUEST.messages) >= len("Why β?".encode())
    opened.close()
    for url in ("", "localhost:8000", "file:///etc/passwd"):
        with pytest.raises(SettingsError, match="KEDREC_LLM_URL"):
            OpenAIModel("m", url=url)
