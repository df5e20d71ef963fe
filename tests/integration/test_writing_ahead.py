"""Rationales written while the graph is still searched, and an answer watched as it comes about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from pathlib import Path
from threading import current_thread
from typing import TYPE_CHECKING

import pytest
from asked_graph import MORE_EDGES, load

from kedrec.answers import session
from kedrec.api import Kedrec
from kedrec.errors import ModelError
from kedrec.llm.base import ChatModel, ChatRequest, ChatResponse, Message, ModelInfo
from kedrec.llm.text_cache import CachedModel, TextCache
from kedrec.settings import Settings, load_settings

if TYPE_CHECKING:
    from kedrec.types import Answer, DiseaseAnswer, Rationale


class Writer:
    """A model that repeats the first path; records the threads it writes in, and fails at first."""

    def __init__(self, failures: int = 0) -> None:
        self.info = ModelInfo("writer", sha256="1" * 64, context=2048, grammars=True)
        self.failures = failures
        self.threads: list[str] = []

    def chat(self, request: ChatRequest) -> ChatResponse:
        return self.chat_many([request])[0]

    def stream(self, request: ChatRequest) -> Iterator[str]:
        yield self.chat(request).text

    def chat_many(self, requests: Sequence[ChatRequest]) -> list[ChatResponse]:
        self.threads += [current_thread().name] * len(requests)
        if len(self.threads) <= self.failures:
            raise ModelError("It failed.", "Ask again.")
        return [ChatResponse(_first_path(request), "stop") for request in requests]

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return len(messages)

    def close(self) -> None:
        """Does nothing."""


def _first_path(request: ChatRequest) -> str:
    """The first path of a prompt as a cited sentence."""
    lines = [line for message in request.messages for line in message.content.splitlines()]
    path = next(line for line in lines if "P1" in line and "binds" in line)
    return f"{path[path.index(']') + 1 :].strip(' .:')} [P1]."


class Events:
    """Records what it is told of an answer."""

    def __init__(self) -> None:
        self.events: list[object] = []

    def ranked(self, answer: Answer | DiseaseAnswer, waiting: Set[int]) -> None:
        self.events.append([one.rationale.origin for one in answer])
        self.events.append(sorted(waiting))

    def written(self, position: int, rationale: Rationale) -> None:
        self.events.append((position, rationale))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("ahead")
    made = load_settings(home=folder / "home", graph=str(folder / "graph"))
    load(made, folder, MORE_EDGES)
    return made


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Writer, bool], None]:
    """Has sessions use a model, which stores its texts or doesn't."""

    def chosen(writer: Writer, stores: bool) -> None:
        def opened(*_: object) -> ChatModel:
            cache = TextCache(tmp_path / f"texts-{id(writer)}")
            return CachedModel(lambda: writer, ("writer",), cache) if stores else writer

        monkeypatch.setattr(session, "open_cached_model", opened)
        monkeypatch.setattr(session, "stores_texts", lambda *_: stores)
        monkeypatch.setattr(session.Session, "check_model", lambda _: "")

    return chosen


def ask(settings: Settings, events: Events | None = None) -> Answer:
    with Kedrec(settings, watch=events) as kedrec:
        return kedrec.recommend("DOID:1", drugs=["DRUGBANK:DB00001"])


def test_what_was_written_ahead_is_not_written_again_and_changes_no_answer(
    settings: Settings, use: Callable[[Writer, bool], None]
) -> None:
    plain, ahead = Writer(), Writer()
    use(plain, False)
    answer = ask(settings)
    assert set(plain.threads) == {"MainThread"}
    assert answer[0].rationale.origin == "llm"
    use(ahead, True)
    assert ask(settings).recommendations == answer.recommendations
    assert set(ahead.threads) == {"kedrec-ahead"}
    assert len(ahead.threads) == len(plain.threads)


def test_what_fails_ahead_is_written_where_it_is_asked_for(
    settings: Settings, use: Callable[[Writer, bool], None]
) -> None:
    writer = Writer(failures=1)
    use(writer, True)
    assert ask(settings)[0].rationale.origin == "llm"
    assert writer.threads[:2] == ["kedrec-ahead", "MainThread"]
    use(Writer(failures=100), True)
    with pytest.raises(ModelError, match="It failed"):
        ask(settings)


def test_an_answer_is_watched_as_it_comes_about(
    settings: Settings, use: Callable[[Writer, bool], None]
) -> None:
    use(Writer(), True)
    watcher = Events()
    answer = ask(settings, watcher)
    assert watcher.events == [["evidence"], [0], (0, answer[0].rationale)]


def test_an_error_of_the_graph_leaves_nothing_writing(
    settings: Settings, use: Callable[[Writer, bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(Writer(), True)
    with Kedrec(settings) as kedrec:
        monkeypatch.setattr(kedrec, "_manifest", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            kedrec.recommend("DOID:1")
        assert kedrec._ahead is None
