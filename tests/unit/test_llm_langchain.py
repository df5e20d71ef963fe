"""LangChain chat models behind KEDRec's protocol, with LangChain's own fakes as doubles."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.language_models import FakeListChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage

from kedrec.errors import ModelError, NotFoundError
from kedrec.llm.base import ChatModel, ChatRequest, Message
from kedrec.llm.chat_model import LangChainModel
from kedrec.llm.open_model import open_model
from kedrec.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUEST = ChatRequest((Message("system", "Be brief."), Message("user", "Why?")), stop=("x",))


class Broken(FakeListChatModel):
    def _call(self, *args: Any, **kwargs: Any) -> str:
        raise RuntimeError("no quota")

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        raise RuntimeError("no quota")
        yield


def test_answers_and_usage() -> None:
    usage = {"input_tokens": 7, "output_tokens": 2, "total_tokens": 9}
    message = AIMessage("Because.", usage_metadata=usage, response_metadata={"finish_reason": "length"})
    model = LangChainModel(GenericFakeChatModel(messages=iter([message])))
    assert isinstance(model, ChatModel)
    answer = model.chat(REQUEST)
    assert (answer.text, answer.finish, answer.prompt_tokens, answer.completion_tokens) == (
        "Because.", "length", 7, 2,
    )  # fmt: skip


def test_blocks_of_content_are_joined() -> None:
    blocks = [{"type": "text", "text": "Be"}, {"type": "text", "text": "cause."}]
    model = LangChainModel(GenericFakeChatModel(messages=iter([AIMessage(content=blocks)])))
    assert model.chat(REQUEST).text == "Because."


def test_many_and_streamed() -> None:
    model = LangChainModel(FakeListChatModel(responses=["one", "two"]))
    assert sorted(answer.text for answer in model.chat_many([REQUEST, REQUEST])) == ["one", "two"]
    assert list(LangChainModel(FakeListChatModel(responses=["abc"])).stream(REQUEST)) == ["a", "b", "c"]
    assert model.chat_many([]) == []


def test_roles_and_stops_reach_the_model() -> None:
    seen: list[Any] = []

    class Listening(FakeListChatModel):
        def _call(self, messages: Any, stop: Any = None, *args: Any, **kwargs: Any) -> str:
            seen.append(([(message.type, message.content) for message in messages], stop))
            return "ok"

    LangChainModel(Listening(responses=[])).chat(REQUEST)
    assert seen == [([("system", "Be brief."), ("human", "Why?")], ["x"])]


def test_every_failure_is_a_model_error() -> None:
    model = LangChainModel(Broken(responses=["x"]))
    for call in (
        lambda: model.chat(REQUEST),
        lambda: list(model.stream(REQUEST)),
        lambda: model.chat_many([REQUEST]),
    ):
        with pytest.raises(ModelError, match="RuntimeError: no quota"):
            call()


def test_opened_by_the_name_of_a_factory(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("my_models")
    module.make = lambda: FakeListChatModel(responses=["hello"])  # type: ignore[attr-defined]
    module.other = lambda: 5  # type: ignore[attr-defined]
    module.broken = lambda: 1 / 0  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "my_models", module)
    settings = load_settings()
    model = open_model("langchain:my_models:make", settings)
    assert model.chat(REQUEST).text == "hello"
    assert model.info.name == "langchain:my_models:make"
    assert model.count_tokens(REQUEST.messages) >= len("Be brief.Why?")
    for name, error, words in (
        ("langchain:my_models:other", ModelError, "no chat model"),
        ("langchain:my_models:broken", ModelError, "ZeroDivisionError"),
        ("langchain:my_models:none", ModelError, "AttributeError"),
        ("langchain:no_such_module_:make", ModelError, "ModuleNotFoundError"),
        ("langchain:x", NotFoundError, "names no LangChain model"),
    ):
        with pytest.raises(error, match=words):
            open_model(name, settings)
