"""A model is asked again where its text has a fault, and the best text is taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kedrec.llm.base import ChatModel, ChatRequest, ChatResponse, Message, ModelInfo
from kedrec.llm.drafts import write_drafts


class Scripted:
    """Writes the texts of a list for each question, in their order."""

    info = ModelInfo("scripted")

    def __init__(self, texts: dict[str, list[str]]) -> None:
        self.texts = texts
        self.asked: list[ChatRequest] = []

    def chat_many(self, requests: Sequence[ChatRequest]) -> list[ChatResponse]:
        self.asked += requests
        return [ChatResponse(self.texts[request.messages[0].content].pop(0), "stop") for request in requests]

    def chat(self, request: ChatRequest) -> ChatResponse:
        return self.chat_many([request])[0]

    def stream(self, request: ChatRequest) -> Iterator[str]:
        yield self.chat(request).text

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return len(messages)

    def close(self) -> None:
        pass


def questions(*names: str) -> list[ChatRequest]:
    return [ChatRequest((Message("user", name),), seed=7, grammar="root ::= .") for name in names]


def judged(_: int, text: str) -> tuple[str, tuple[float, ...]]:
    """A text of letters: the share of them that are capital, then their number."""
    return text.lower(), (sum(map(str.isupper, text)) / len(text), len(text))


def test_only_a_text_with_a_fault_is_written_again() -> None:
    model: ChatModel = (scripted := Scripted({"a": ["AB"], "b": ["Ab", "ab", "ABC"], "c": ["abc"] * 4}))
    drafts = write_drafts(model, questions("a", "b", "c"), judged, most=4)
    assert [(draft.text, draft.judged, draft.written) for draft in drafts] == [
        ("AB", "ab", 1),
        ("ABC", "abc", 3),
        ("abc", "abc", 4),
    ]
    asked = [
        (request.messages[0].content, request.seed, request.temperature > 0) for request in scripted.asked
    ]
    assert asked == [
        *(("a", 7, False), ("b", 7, False), ("c", 7, False)),
        *(("b", 8, True), ("c", 8, True), ("b", 9, True), ("c", 9, True), ("c", 10, True)),
    ]
    assert {request.grammar for request in scripted.asked} == {"root ::= ."}


def test_of_texts_with_faults_the_best_is_taken_and_of_equal_ones_the_first() -> None:
    model = Scripted({"a": ["Abcd", "ABcd", "ABxy", "abcd"], "b": ["aB", "ab", "Ab", "xy"]})
    first, second = write_drafts(model, questions("a", "b"), judged, most=4)
    assert (first.text, second.text) == ("ABcd", "aB")


def test_the_judge_gets_the_index_of_the_question() -> None:
    model = Scripted({"a": ["x", "y"], "b": ["X"], "c": ["z", "Z"]})
    seen: list[tuple[int, str]] = []

    def judge(index: int, text: str) -> tuple[str, tuple[float, ...]]:
        seen.append((index, text))
        return judged(index, text)

    write_drafts(model, questions("a", "b", "c"), judge, most=2)
    assert seen == [(0, "x"), (1, "X"), (2, "z"), (0, "y"), (2, "Z")]


def test_one_text_alone_and_no_question() -> None:
    model = Scripted({"a": ["x"]})
    assert [draft.written for draft in write_drafts(model, questions("a"), judged, most=1)] == [1]
    assert write_drafts(model, [], judged) == []
