"""A model is asked again where its text has a fault, and the best text is taken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from kedrec.llm.base import ChatModel, ChatRequest, ChatResponse, Message, ModelInfo
from kedrec.llm.drafts import Judgement, write_drafts
from kedrec.llm.prompting import RationalePrompt, cited_sentences, rationale_grammar


class Scripted:
    """Writes the texts of a list for each question, in their order."""

    def __init__(self, texts: dict[str, list[str]], *, continues: bool = False) -> None:
        self.info = ModelInfo("scripted", grammars=continues, continues=continues)
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


def questions(*names: str, ids: Sequence[str] = ("P1", "P2", "P3")) -> list[RationalePrompt]:
    return [
        RationalePrompt(
            (Message("user", name),), rationale_grammar(ids), tuple(ids), (), 200, seed=7, prompt_tokens=9
        )
        for name in names
    ]


def judged(_: int, text: str) -> Judgement[str]:
    """A text of letters: the share of them that are capital, then their number."""
    return Judgement(text.lower(), (sum(map(str.isupper, text)) / len(text), len(text)))


def by_sentence(_: int, text: str) -> Judgement[str]:
    """Sentences that begin with G are good; a good text is the better, the more ids it cites."""
    sentences = cited_sentences(text)
    good = [sentence.startswith("G") for sentence in sentences]
    cited = set(re.findall(r"\[(\w+)\]", text))
    sound = good.index(False) if False in good else len(good)
    return Judgement(
        text,
        (sum(good) / len(good), len(cited) / 3) if any(good) else (0.0, 0.0),
        sound=sound,
        further=tuple(id_ for id_ in ("P1", "P2", "P3") if id_ not in cited),
        verdicts=text.count("verdict"),
    )


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
    assert {request.grammar for request in scripted.asked} == {rationale_grammar(("P1", "P2", "P3"))}
    assert {request.prefix for request in scripted.asked} == {""}


def test_of_texts_with_faults_the_best_is_taken_and_of_equal_ones_the_first() -> None:
    model = Scripted({"a": ["Abcd", "ABcd", "ABxy", "abcd"], "b": ["aB", "ab", "Ab", "xy"]})
    first, second = write_drafts(model, questions("a", "b"), judged, most=4)
    assert (first.text, second.text) == ("ABcd", "aB")


def test_the_judge_gets_the_index_of_the_question() -> None:
    model = Scripted({"a": ["x", "y"], "b": ["X"], "c": ["z", "Z"]})
    seen: list[tuple[int, str]] = []

    def judge(index: int, text: str) -> Judgement[str]:
        seen.append((index, text))
        return judged(index, text)

    write_drafts(model, questions("a", "b", "c"), judge, most=2)
    assert seen == [(0, "x"), (1, "X"), (2, "z"), (0, "y"), (2, "Z")]


def test_one_text_alone_and_no_question() -> None:
    model = Scripted({"a": ["x"]})
    assert [draft.written for draft in write_drafts(model, questions("a"), judged, most=1)] == [1]
    assert write_drafts(model, [], judged) == []


def test_what_is_sound_stays_and_only_the_remainder_is_written_again() -> None:
    """The sentence after the fault is written anew with it, and what was sound is never lost."""
    texts = ["G one [P1]. Bad [P2]. G lost [P3].", "Bad again [P2].", "G two [P2]. G three [P3]."]
    model = Scripted({"a": texts}, continues=True)
    [draft] = write_drafts(model, questions("a"), by_sentence)
    assert draft.text == "G one [P1]. G two [P2]. G three [P3]."
    assert draft.written == 3
    assert [request.prefix for request in model.asked] == ["", "G one [P1].", "G one [P1]."]
    assert [request.seed for request in model.asked] == [7, 8, 9]
    assert model.asked[1].grammar == rationale_grammar(("P1", "P2", "P3"), written=1)


def test_a_text_ends_where_nothing_sound_follows() -> None:
    model = Scripted({"a": ["G one [P1]. Bad [P2].", *["Bad [P3]."] * 3, *["Bad [P2]."] * 3]}, continues=True)
    [draft] = write_drafts(model, questions("a"), by_sentence, most=4)
    assert (draft.text, draft.written) == ("G one [P1].", 7)  # three tried to add to it


def test_a_text_whose_first_sentence_never_holds_is_shown_with_its_faults() -> None:
    model = Scripted({"a": ["Bad [P1].", "Bad [P1]. G [P2]."]}, continues=True)
    [draft] = write_drafts(model, questions("a"), by_sentence, most=2)
    assert draft.text == "Bad [P1]. G [P2]."
    assert {request.prefix for request in model.asked} == {""}


def test_sentences_are_added_as_long_as_they_tell_more() -> None:
    model = Scripted({"a": ["G one [P1].", "G two [P3].", "Bad [P2].", "Bad [P2]."]}, continues=True)
    [draft] = write_drafts(model, questions("a"), by_sentence)
    assert (draft.text, draft.written) == ("G one [P1]. G two [P3].", 4)
    one, two, three = model.asked[1:]
    assert (two.temperature, three.temperature > 0, three.seed) == (0.0, True, 10)
    assert (one.prefix, one.temperature, one.seed) == ("G one [P1].", 0.0, 7)
    assert one.grammar == rationale_grammar(("P2", "P3"), written=1, most=2)
    assert two.grammar == rationale_grammar(("P2",), written=2, most=3)
    assert "P1" not in one.grammar


def test_an_addition_may_not_repeat_the_verdict_nor_exceed_the_most_sentences() -> None:
    verdict = Scripted({"a": ["G verdict [P1].", *["G verdict [P2]."] * 3]}, continues=True)
    [draft] = write_drafts(verdict, questions("a"), by_sentence)
    assert draft.text == "G verdict [P1]."
    full = "G a [P1]. G b [P1]. G c [P1]. G d [P1]."
    [draft] = write_drafts(Scripted({"a": [full]}, continues=True), questions("a"), by_sentence)
    assert (draft.text, draft.written) == (full, 1)


def test_whole_texts_where_they_are_asked_for() -> None:
    texts = ["G one [P1]. Bad [P2].", "G one [P1]. G two [P2]."]
    model = Scripted({"a": texts}, continues=True)
    [draft] = write_drafts(model, questions("a"), by_sentence, whole=True)
    assert (draft.text, draft.written) == ("G one [P1]. G two [P2].", 2)
    assert {request.prefix for request in model.asked} == {""}


def test_the_grammar_of_a_remainder_begins_where_the_text_ended() -> None:
    roots = [rationale_grammar(["P1"], written=written).splitlines()[0] for written in range(4)]
    assert roots == [
        'root ::= sentence " " sentence (" " sentence (" " sentence )?)?',
        'root ::= " " sentence (" " sentence (" " sentence )?)?',
        'root ::= " " sentence (" " sentence )?',
        'root ::= " " sentence ',
    ]
    [prompt] = questions("a")
    assert prompt.remainder([]) == prompt.request
    assert replace(prompt, grammar="").remainder(["A [P1]."]).grammar == ""
