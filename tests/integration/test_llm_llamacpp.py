"""The default model by llama.cpp: what comes out, what it refuses, and that it says the same again."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from kedrec.errors import ModelError
from kedrec.grounding import check
from kedrec.llm.base import ChatModel, ChatRequest, ChatResponse, Message
from kedrec.llm.chat_model import LangChainModel
from kedrec.llm.default import BASE_SHA256, base_path
from kedrec.llm.open_model import open_model
from kedrec.llm.prompting import RationalePrompt, rationale_request
from kedrec.llm.text_cache import open_cached_model
from kedrec.types import Entity, Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from langchain_core.callbacks import CallbackManagerForLLMRun

    from kedrec.llm.llamacpp import LlamaCppModel
    from kedrec.settings import Settings

pytestmark = pytest.mark.llm

DRUG = Entity(id="DRUGBANK:DB08868", kind="Drug", name="Fingolimod")
DISEASE = Entity(id="DOID:2377", kind="Disease", name="multiple sclerosis")
EVIDENCE = [
    Evidence(
        id="P1", sentence="Fingolimod is an agonist of S1PR1, which is associated with multiple sclerosis"
    ),
    Evidence(id="P2", sentence="Fingolimod resembles Siponimod, which treats multiple sclerosis"),
]


@pytest.fixture(scope="module")
def model(llm_settings: Settings) -> Iterator[ChatModel]:
    opened = open_model("base", llm_settings)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def prompt(model: ChatModel) -> RationalePrompt:
    return rationale_request(
        DRUG, DISEASE, EVIDENCE, [], count_tokens=model.count_tokens, context=model.info.context,
        max_tokens=40, seed=1, grammar=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def answer(model: ChatModel, prompt: RationalePrompt) -> ChatResponse:
    return model.chat(prompt.request)


def said(text: str) -> ChatRequest:
    return ChatRequest((Message("user", text),), max_tokens=12)


def test_a_stored_text_is_what_the_model_writes(
    model: ChatModel, prompt: RationalePrompt, answer: ChatResponse, llm_settings: Settings, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(llm_settings.models_dir)
    settings = llm_settings.model_copy(update={"home": home, "cache_texts": True})
    first = answer.text[: len(answer.text) // 2]
    goes_on = dataclasses.replace(prompt.request, prefix=first, grammar="")
    streamed, whole = open_cached_model("base", settings), open_cached_model("base", settings)
    assert "".join(streamed.stream(prompt.request)) == answer.text
    assert "".join(streamed.stream(goes_on)) == model.chat(goes_on).text
    streamed.close()
    for _ in range(2):
        assert whole.info == model.info
        assert whole.count_tokens(prompt.request.messages) == model.count_tokens(prompt.request.messages)
        assert [one.text for one in whole.chat_many([prompt.request, goes_on])] == [
            answer.text,
            model.chat(goes_on).text,
        ]
    whole.close()


def test_it_says_what_it_is(model: ChatModel) -> None:
    assert isinstance(model, ChatModel)
    assert model.info.name == "base"
    assert model.info.sha256 == BASE_SHA256
    assert model.info.grammars
    assert model.info.context == 4096


def test_tokens_are_counted_as_the_model_reads_them(
    model: ChatModel, prompt: RationalePrompt, answer: ChatResponse
) -> None:
    assert model.count_tokens(prompt.messages) == answer.prompt_tokens == prompt.prompt_tokens
    assert answer.completion_tokens <= 40


def test_a_grammar_allows_existing_citations_only(answer: ChatResponse) -> None:
    text = answer.text
    cited = re.findall(r"\[[^\]]*\]", text)
    assert set(cited) <= {"[P1]", "[P2]"}
    assert "\n" not in text
    every_sentence_cites = r"(?:[^.\[\]]+ (?:\[P[12]\]){1,3}\.(?: |$))*[^.\[\]]*"
    assert re.fullmatch(every_sentence_cites, text)


def test_whatever_it_writes_goes_through_the_gate(answer: ChatResponse) -> None:
    rationale = check(answer.text, DRUG, DISEASE, EVIDENCE, model="base")
    assert rationale.claims
    assert all(claim.reason for claim in rationale.claims if claim.status == "struck")


def test_the_same_request_gives_the_same_text_whatever_came_before(
    model: ChatModel, prompt: RationalePrompt, answer: ChatResponse
) -> None:
    model.chat(said("Why may Fingolimod be something else?"))
    assert "".join(model.stream(prompt.request)) == answer.text


def log_probabilities(model: LlamaCppModel, request: ChatRequest) -> list[float]:
    """Log-probabilities of an answer's tokens, in full: texts hide most of what rounding changes."""
    body = model._endpoint._body(request, stream=False, extra_tokens=0) | model._read_and_extras(request)
    reply = model._endpoint.post("v1/chat/completions", body | {"logprobs": True, "top_logprobs": 1})
    return [token["logprob"] for token in reply["choices"][0]["logprobs"]["content"]]


def test_an_answer_does_not_depend_on_what_the_slot_has_read(
    model: LlamaCppModel, prompt: RationalePrompt
) -> None:
    """Whether the prompt is in the slot, alone or with an answer, or another one, or none."""
    whole = dataclasses.replace(prompt.request, max_tokens=12)
    begun = dataclasses.replace(whole, prefix="Fingolimod may help", grammar="")
    found = []
    for before in (said("Say yes."), begun, whole, begun):
        model.chat(before)
        found.append((log_probabilities(model, begun), log_probabilities(model, whole)))
    for judged in (prompt.messages, (*prompt.messages[:1], Message("user", "Is it so?"))):
        model.answer_scores(judged, ["yes", "no"])
        found.append((log_probabilities(model, begun), log_probabilities(model, whole)))
    assert found == [found[0]] * len(found)
    assert len(found[0][0]) == len(found[0][1]) == 12


def test_a_prompt_is_read_once_for_all_its_texts(
    model: LlamaCppModel, prompt: RationalePrompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    post = model._endpoint.post

    def counting(path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = post(path, body)
        if path == "completion":
            read.append(answer["timings"]["prompt_n"])
        return answer

    model.chat(said("Say yes."))
    monkeypatch.setattr(model._endpoint, "post", counting)
    for seed in range(3):
        model.chat(dataclasses.replace(prompt.request, temperature=1.0, seed=seed))
    assert read == [model.count_tokens(prompt.messages), 1, 1, 1]


def test_others_may_ask_while_a_stream_is_read(model: LlamaCppModel, prompt: RationalePrompt) -> None:
    pieces = model.stream(prompt.request)
    first = next(pieces)
    assert model.chat(said("Say yes.")).text
    assert first + "".join(pieces) == model.chat(prompt.request).text


def test_an_answer_goes_on_from_its_beginning_as_the_grammar_says(
    model: ChatModel, prompt: RationalePrompt
) -> None:
    """What follows, and nothing of what was given, comes back, whole and as a stream."""
    assert model.info.continues
    beginning = "Fingolimod may help in multiple sclerosis because it activates S1PR1 [P1]."
    request = dataclasses.replace(prompt, max_tokens=60).remainder([beginning], ids=["P2"], most=2)
    response = model.chat(request)
    assert re.fullmatch(r" [A-Z0-9][^\[\]]*(?: \[P2\]){1,3}\.|[^\[\]]*", response.text)
    assert "Fingolimod may help in multiple sclerosis because" not in response.text
    assert model.count_tokens(prompt.messages) < response.prompt_tokens
    model.chat(said("Say yes."))
    assert "".join(model.stream(request)) == response.text
    assert model.chat(request).text == response.text


FINITE = r"""
root ::= ("Fingolimod" | "According to the evidence, Fingolimod") path (" " more)?
path ::= (" may help in" | " is a candidate for" | " could be of use in") " multiple sclerosis" why " [P1]."
why ::= (" because it" | ", since it") (" is an agonist of" | " activates" | " stimulates") " S1PR1"
more ::= ("It" | "In addition, it") (" resembles" | " is similar to") " Siponimod [P2]."
"""


def by_words(prompt: RationalePrompt, **changes: Any) -> ChatRequest:
    return ChatRequest(prompt.messages, grammar=FINITE, **changes)


def test_a_finite_grammar_is_obeyed_whole_or_as_a_stream(
    model: LlamaCppModel, prompt: RationalePrompt
) -> None:
    form = re.compile(
        r"(According to the evidence, )?Fingolimod [\w ]+ (in|for) multiple sclerosis[\w, ]+ S1PR1 \[P1\]\."
    )
    texts = set()
    for seed in range(4):
        request = by_words(prompt, seed=seed, temperature=3.0)
        response = model.chat(request)
        assert form.match(response.text)
        assert response.text.endswith("].")
        assert response.finish == "stop"
        assert (response.prompt_tokens, response.completion_tokens) == (
            model.count_tokens(prompt.messages),
            len(model._tokens(response.text, special=False)) + 1,
        )
        assert "".join(model.stream(request)) == response.text
        texts.add(response.text)
    assert len(texts) > 1  # drawn by the seed
    cut = model.chat(by_words(prompt, max_tokens=5))
    assert cut.finish == "length"
    assert model.chat(by_words(prompt)).text.startswith(cut.text)


def test_a_text_by_words_goes_on_from_its_beginning(model: LlamaCppModel, prompt: RationalePrompt) -> None:
    asked: list[Any] = []
    scores = model._scores

    def noting(context: Any, *arguments: Any, **more: Any) -> list[float]:
        asked.append(context)
        return scores(context, *arguments, **more)

    beginning = "Fingolimod may help in multiple sclerosis because it activates S1PR1 [P1]."
    rest = 'root ::= " " ("It" | "In addition, it") " resembles Siponimod [P2]."'
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "_scores", noting)
        response = model.chat(ChatRequest(prompt.messages, grammar=rest, prefix=beginning))
    assert response.text in (" It resembles Siponimod [P2].", " In addition, it resembles Siponimod [P2].")
    turn = model._prompt(prompt.messages)
    assert asked[0] == model._tokens(f"{turn}{beginning}", special=True)


def test_a_text_by_words_does_not_depend_on_who_asks_in_between(
    model: LlamaCppModel, prompt: RationalePrompt
) -> None:
    """Compared by the scores in full: texts hide most of what rounding changes.

    Each choice is of one token: what is computed one by one rounds otherwise than what is computed together.
    """
    words = (("may", "can"), ("help", "work"), ("in", "on"), ("the", "a"), ("brain", "heart")) * 3
    choices = " ".join(f'(" {one}" | " {other}")' for one, other in words)
    request = ChatRequest(
        prompt.messages, grammar=f'root ::= "It" {choices} "."', temperature=0.8, seed=3, max_tokens=99
    )
    scores = model._scores

    def found(others: Sequence[ChatRequest]) -> tuple[str, list[list[float]]]:
        values = {}

        def noting(context: Any, *arguments: Any, **more: Any) -> list[float]:
            result = scores(context, *arguments, **more)
            values.setdefault(tuple(context), result)  # asked again where others came in between
            return result

        text = ""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(model, "_scores", noting)
            for number, word in enumerate(model.stream(request)):
                text += word
                if others:
                    patch.setattr(model, "_scores", scores)
                    model.chat(others[number % len(others)])
                    patch.setattr(model, "_scores", noting)
        return text, list(values.values())

    alone = found(())
    assert alone == found(())
    assert alone == found((said("Say yes."), by_words(prompt), prompt.request))


def test_a_stream_can_be_left(model: ChatModel, prompt: RationalePrompt) -> None:
    pieces = model.stream(prompt.request)
    assert next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert model.chat(said("Say yes.")).text


def test_many_requests_in_slots_come_back_in_order(llm_settings: Settings) -> None:
    model = open_model("base", llm_settings, slots=4)
    numbers = ["one", "two", "three", "four", "five", "six"]
    try:
        answers = model.chat_many([said(f"Repeat this word: {number}") for number in numbers])
    finally:
        model.close()
    assert all(number in answer.text.lower() for number, answer in zip(numbers, answers, strict=True))


def test_what_is_too_long_and_a_bad_grammar_are_errors(model: ChatModel, prompt: RationalePrompt) -> None:
    with pytest.raises(ModelError, match="exceeds the available context size"):
        model.chat(said("word " * 4200))
    with pytest.raises(ModelError, match="failed to parse grammar"):
        model.chat(dataclasses.replace(prompt.request, grammar="root ::= ("))
    assert model.chat(said("Say yes.")).text


def test_a_chat_template_token_in_a_name_stays_text(model: ChatModel) -> None:
    def tokens(name: str) -> int:
        drug = DRUG.model_copy(update={"name": name})
        return rationale_request(
            drug, DISEASE, EVIDENCE, [], count_tokens=model.count_tokens, context=4096, max_tokens=40, seed=1,
            grammar=False,
        ).prompt_tokens  # fmt: skip

    # As one special token it would be a single one; as text it takes several.
    assert tokens("a <|im_end|> b") - tokens("a b") >= 4


@pytest.mark.parametrize("content", [b"", b"GGUF", b"hello", "half"])
def test_a_damaged_file_is_an_error(content: bytes | str, tmp_path: Path, llm_settings: Settings) -> None:
    whole = base_path(llm_settings.models_dir).read_bytes()
    path = tmp_path / "model.gguf"
    path.write_bytes(whole[: len(whole) // 2] if isinstance(content, str) else content)
    with pytest.raises(ModelError, match=r"model\.gguf"):
        open_model(str(path), llm_settings)


def test_nothing_is_printed(llm_settings: Settings) -> None:
    script = (
        "import sys\n"
        "from kedrec.llm.open_model import open_model\n"
        "from kedrec.settings import load_settings\n"
        "from kedrec.llm.base import ChatRequest, Message\n"
        "model = open_model('base', load_settings(home=sys.argv[1]))\n"
        "model.chat(ChatRequest((Message('user', 'Hi'),), max_tokens=2)); model.close(); model.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(llm_settings.home)], capture_output=True, check=True, timeout=120
    )
    assert (done.stdout, done.stderr) == (b"", b"")


class LlamaInLangChain(BaseChatModel):
    """KEDRec's own model as a LangChain chat model, to be wrapped back."""

    llama: Any

    @property
    def _llm_type(self) -> str:
        return "llama"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        roles = {"system": "system", "human": "user", "ai": "assistant"}
        turns = tuple(Message(roles[message.type], str(message.text)) for message in messages)  # type: ignore[arg-type]
        answer = self.llama.chat(ChatRequest(turns, max_tokens=12, stop=tuple(stop or ())))
        message = AIMessage(answer.text, response_metadata={"finish_reason": answer.finish})
        return ChatResult(generations=[ChatGeneration(message=message)])


def test_a_real_model_through_langchain(model: LlamaCppModel) -> None:
    wrapped = LangChainModel(LlamaInLangChain(llama=model))
    requests: Sequence[ChatRequest] = [said("Say yes."), said("Write a long story.")]
    direct = [model.chat(request) for request in requests]
    for through in (wrapped.chat_many(requests), [wrapped.chat(request) for request in requests]):
        assert [answer.text for answer in through] == [answer.text for answer in direct]
        assert [answer.finish for answer in through] == [answer.finish for answer in direct]
    assert direct[1].finish == "length"
