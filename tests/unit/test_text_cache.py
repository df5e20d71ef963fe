"""Texts that a model wrote, stored: each is written once, and what it depends on decides which it is."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from kedrec.errors import ModelError
from kedrec.llm.base import ChatRequest, ChatResponse, Message, ModelInfo
from kedrec.llm.text_cache import CachedModel, TextCache

ASKED = ChatRequest((Message("user", "Why?"),), max_tokens=8, seed=1)


class Writer:
    """A model that numbers what it writes, and fails where it is told to."""

    def __init__(self) -> None:
        self.info = ModelInfo("writer", sha256="1" * 64, context=512, grammars=True, continues=True)
        self.written = 0
        self.closed = False

    def chat(self, request: ChatRequest) -> ChatResponse:
        return self.chat_many([request])[0]

    def stream(self, request: ChatRequest) -> Iterator[str]:
        self.written += 1
        yield "text "
        if request.messages[0].content == "fail":
            raise ModelError("It failed.", "Ask again.")
        yield str(self.written)

    def chat_many(self, requests: Sequence[ChatRequest]) -> list[ChatResponse]:
        responses = []
        for _ in requests:
            self.written += 1
            responses.append(ChatResponse(f"text {self.written}", "length", 3, 5))
        return responses

    def count_tokens(self, messages: Sequence[Message]) -> int:
        self.written += 1
        return len(messages)

    def answer_scores(self, messages: Sequence[Message], answers: Sequence[str]) -> list[float]:
        self.written += 1
        return [-0.1 / self.written - len(answer) for answer in answers]

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def writer() -> Writer:
    return Writer()


def cached(file: Path, writer: Writer, *identity: str, most_bytes: int = 1 << 20) -> CachedModel:
    return CachedModel(lambda: writer, identity, TextCache(file, most_bytes))


def no_model() -> Writer:
    raise AssertionError("The model was opened.")


def test_a_stored_text_opens_no_model(tmp_path: Path, writer: Writer) -> None:
    file = tmp_path / "cache" / "texts.sqlite"
    first = cached(file, writer)
    scores = first.answer_scores(ASKED.messages, ("for", "against"))
    answers = first.info, first.chat(ASKED), first.count_tokens(ASKED.messages)
    first.close()
    assert writer.closed
    again = CachedModel(no_model, (), TextCache(file))
    assert (again.info, again.chat(ASKED), again.count_tokens(ASKED.messages)) == answers
    assert list(again.stream(ASKED)) == [answers[1].text]
    assert again.answer_scores(ASKED.messages, ("for", "against")) == scores
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "other",
    [
        replace(ASKED, messages=(Message("user", "Why not?"),)),
        replace(ASKED, messages=(Message("system", "Why?"),)),
        replace(ASKED, max_tokens=9),
        replace(ASKED, seed=2),
        replace(ASKED, temperature=0.5),
        replace(ASKED, grammar="root ::= [a-z]"),
        replace(ASKED, stop=("x",)),
        replace(ASKED, prefix="Because"),
    ],
)
def test_another_request_has_another_text(tmp_path: Path, writer: Writer, other: ChatRequest) -> None:
    model = cached(tmp_path / "texts.sqlite", writer)
    assert model.chat(ASKED) != model.chat(other)
    assert [one.text for one in model.chat_many([other, ASKED, other])] == ["text 2", "text 1", "text 2"]
    assert writer.written == 2


def test_another_model_has_another_text(tmp_path: Path, writer: Writer) -> None:
    file = tmp_path / "texts.sqlite"
    texts = [
        cached(file, writer, *identity).chat(ASKED).text for identity in (("a", "1"), ("a", "2"), ("a1",))
    ]
    assert texts == ["text 1", "text 2", "text 3"]


def test_only_what_is_not_stored_is_written(tmp_path: Path, writer: Writer) -> None:
    model = cached(tmp_path / "texts.sqlite", writer)
    requests = [replace(ASKED, seed=seed) for seed in range(4)]
    second = model.chat(requests[1])
    assert [one.text for one in model.chat_many(requests)] == ["text 2", second.text, "text 3", "text 4"]
    assert writer.written == 4


def test_a_stream_is_stored_once_it_is_whole(tmp_path: Path, writer: Writer) -> None:
    model = cached(tmp_path / "texts.sqlite", writer)
    given_up = model.stream(ASKED)
    assert next(given_up) == "text "
    given_up.close()  # type: ignore[attr-defined]  # it is a generator
    failing = replace(ASKED, messages=(Message("user", "fail"),))
    for _ in range(2):
        with pytest.raises(ModelError, match="failed"):
            list(model.stream(failing))
    assert list(model.stream(ASKED)) == ["text ", "4"]
    assert model.chat(ASKED).text == "text 4"


def test_what_was_not_used_for_longest_makes_room(
    tmp_path: Path, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("kedrec.llm.text_cache.time.time", lambda: now[0])
    model = cached(tmp_path / "texts.sqlite", writer, most_bytes=500)
    for day in range(20):
        now[0] += 2 * 86_400
        model.chat(ASKED)
        model.chat(replace(ASKED, seed=100 + day))
    assert model.chat(ASKED).text == "text 1"
    with sqlite3.connect(tmp_path / "texts.sqlite") as database:
        assert database.execute("SELECT total(length(value)) FROM texts").fetchone()[0] <= 500


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + b"\xff" * 500])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, writer: Writer, content: bytes) -> None:
    file = tmp_path / "texts.sqlite"
    file.write_bytes(content)
    for _ in range(2):
        assert cached(file, writer).chat(ASKED).text == "text 1"


def test_where_nothing_can_be_stored_the_model_writes(tmp_path: Path, writer: Writer) -> None:
    (tmp_path / "file").touch()
    model = cached(tmp_path / "file" / "texts.sqlite", writer)
    assert [model.chat(ASKED).text for _ in range(2)] == ["text 1", "text 2"]
    model.close()


def test_threads_and_processes_share_the_file(tmp_path: Path, writer: Writer) -> None:
    models = [cached(tmp_path / "texts.sqlite", writer) for _ in range(4)]
    requests = [replace(ASKED, seed=seed) for seed in range(30)]
    with ThreadPoolExecutor(8) as pool:
        for model in models:
            list(pool.map(model.chat, requests))
    again = CachedModel(no_model, (), TextCache(tmp_path / "texts.sqlite"))
    assert len({again.chat(request).text for request in requests}) == 30
