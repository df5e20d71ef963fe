"""Runs GGUF models by llama.cpp (`xllamacpp`), in this process.

llama.cpp's own server, which has the chat template, the tokenizer, streaming, parallel slots and the prefix
cache, runs in the process (`llamacpp_server`). A text of a finite grammar is written word by word: the server
is asked where the grammar leaves a choice, and reads the words between with the next question.
"""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from kedrec.common.cpus import free_threads
from kedrec.errors import ModelError
from kedrec.llm.base import ChatRequest, ChatResponse, Message, ModelInfo
from kedrec.llm.endpoint import Endpoint
from kedrec.llm.finite_grammar import FiniteGrammar
from kedrec.llm.llamacpp_server import TIMEOUT, started_server
from kedrec.llm.replies import Limits
from kedrec.llm.server import Server
from kedrec.llm.word_decoding import Tokenizer, written_words

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["LlamaCppModel"]

_ALONE = 200.0  # added to the logits of tokens, so that others have no probability beside them
_LEAST = 1e-30  # probability, for its logarithm


class LlamaCppModel:
    """A `ChatModel` from a GGUF file.

    Args:
        path: the file.
        name, sha256, adapter: values of `info`.
        file_sha256: the expected SHA-256 of the file, "" where it is unknown.
        threads: 0 for as many processors as this process may use and as are free now.
        context: most tokens of one request's prompt and answer together; less where the model's own limit is
            lower.
        slots: requests that `chat_many` answers at once; each has memory for `context` tokens. With one
            slot, the same request gives the same text, whatever the requests before it and the number of
            threads. With more, llama.cpp computes requests together and caches common prefixes: eight slots
            write about three times as fast, but rounding then depends on the other requests, and where two
            words are nearly equally likely the text can differ. One slot reads a prompt once for all requests
            that follow with the same messages.

    Raises:
        ModelError: the file is missing, damaged or of a kind that llama.cpp doesn't support; or the installed
            xllamacpp lacks a name that is used here.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        sha256: str = "",
        file_sha256: str = "",
        adapter: str = "",
        threads: int = 0,
        context: int = 4096,
        slots: int = 1,
    ) -> None:
        _check_magic(path)
        key = secrets.token_hex(16)
        with ExitStack() as stack:
            self._llama_server, self._client = started_server(
                path,
                key,
                stack,
                file_sha256=file_sha256,
                threads=free_threads(threads),
                context=context * slots,
                slots=slots,
            )
            stack.callback(self._drop_server)
            server = Server(
                self._client,
                name=f"llama.cpp with {path.name}",
                model=name,
                hint="Ask again; if it stays, pull the model again.",
                limits=Limits(seconds=TIMEOUT),
                secrets=(key,),
            )
            self._endpoint = Endpoint(server, adapts=False)
            self._slots = slots
            self._slot_lock = Lock()
            self._slot_messages: tuple[Message, ...] | None = None
            self._slot_user: object = None
            self._tokens_of_words: dict[str, tuple[int, ...]] = {}
            self._info = ModelInfo(
                name=name,
                sha256=sha256,
                context=self._slot_context(),
                grammars=True,
                continues=True,
                adapter=adapter,
                local=True,
                parallel=slots,
            )
            self._open = stack.pop_all()

    @property
    def info(self) -> ModelInfo:
        """Description of the model."""
        return self._info

    def chat(self, request: ChatRequest) -> ChatResponse:
        """Returns the whole answer."""
        if grammar := self._finite_grammar(request):
            writing = self._by_words(request, grammar)
            while True:
                try:
                    next(writing)
                except StopIteration as end:
                    return cast("ChatResponse", end.value)
        with self._slot(object()):
            response = self._endpoint.chat(request, **self._read_and_extras(request))
        # The server repeats the beginning that it goes on from.
        return replace(response, text=response.text.removeprefix(request.prefix))

    def stream(self, request: ChatRequest) -> Iterator[str]:
        """Yields the answer in pieces."""
        if grammar := self._finite_grammar(request):
            yield from self._by_words(request, grammar)
            return
        with ExitStack() as held:
            held.enter_context(self._slot(object()))
            pieces = self._endpoint.stream(request, **self._read_and_extras(request))
            with closing(cast("Generator[str, None, None]", pieces)):
                for piece in pieces:
                    held.close()  # the server has begun: what is asked now waits there
                    yield piece

    def chat_many(self, requests: Sequence[ChatRequest]) -> list[ChatResponse]:
        """Returns the answers in order, computing as many at once as there are slots."""
        with ThreadPoolExecutor(self._slots) as pool:
            return list(pool.map(self.chat, requests))

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Counts the messages' tokens in the model's chat template, exactly."""
        return len(self._tokens(self._prompt(messages), special=True))

    def answer_scores(self, messages: Sequence[Message], answers: Sequence[str]) -> list[float]:
        """Log-probabilities of the answers' first tokens, of which one is taken to come."""
        tokens_of = self._of_words(answers)
        tokens = [tokens_of[answer][0] for answer in answers]
        if len(set(tokens)) < len(tokens):
            raise ModelError(
                f"{self._info.name} begins {' and '.join(answers)} with the same token.", "Use another model."
            )
        with self._slot(object()):
            self._slot_messages = None
            return self._scores(self._prompt(messages), tokens, cache_prompt=self._slots > 1)

    def close(self) -> None:
        """Ends the server and frees the weights."""
        self._open.close()

    def _prompt(self, messages: Sequence[Message]) -> object:
        """The messages in the model's chat template."""
        turns = [{"role": message.role, "content": message.content} for message in messages]
        return self._endpoint.post("apply-template", {"messages": turns}).get("prompt")

    def _scores(self, prompt: object, tokens: Sequence[int], **extras: Any) -> list[float]:
        """Log-probabilities of tokens after a prompt (a text, or tokens), one of which is taken to come."""
        body = {
            "prompt": prompt,
            "n_predict": 1,
            "n_probs": len(tokens),
            # The bias leaves these tokens alone, and their odds as they are.
            "logit_bias": [[token, _ALONE] for token in tokens],
            "post_sampling_probs": True,
            "samplers": ["top_k", "temperature"],
            "top_k": len(tokens),
            "temperature": 1.0,
            "seed": 0,
            "response_fields": ["completion_probabilities"],
            **extras,
        }
        try:
            answer = self._endpoint.post("completion", body)
            first = answer["completion_probabilities"][0]["top_probs"]
            found = {int(one["id"]): float(one["prob"]) for one in first}
            return [math.log(max(found[token], _LEAST)) for token in tokens]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise _unexpected_answer("completion") from error

    def _tokens(self, text: object, *, special: bool) -> list[int]:
        body = {"content": text, "add_special": special, "parse_special": special}
        tokens = self._endpoint.post("tokenize", body).get("tokens")
        if not isinstance(tokens, list):
            raise _unexpected_answer("tokenize")
        return tokens

    def _drop_server(self) -> None:
        self._llama_server = None

    @contextmanager
    def _slot(self, user: object) -> Iterator[bool]:
        """A lock on the slot if there is but one; True where this user had it last."""
        if self._slots > 1:
            yield True
            return
        with self._slot_lock:
            had_it, self._slot_user = self._slot_user is user, user
            yield had_it

    def _read_and_extras(self, request: ChatRequest) -> dict[str, Any]:
        """Has the only slot read the prompt; returns the body's fields beyond the protocol's."""
        extras: dict[str, Any] = {"cache_prompt": self._slots > 1 or self._read_into_slot(request.messages)}
        return extras | ({"grammar": request.grammar} if request.grammar else {})

    def _read_into_slot(self, messages: tuple[Message, ...]) -> bool:
        """Has the only slot read a prompt, if it hasn't; returns False where the server refuses it.

        What is cached rounds differently from what is computed together with other tokens. So a prompt is
        always computed whole, and its last token then once more by itself, before each request: what the slot
        holds depends on the prompt alone, and not on the requests before.
        """
        is_read = messages == self._slot_messages
        self._slot_messages = None
        try:
            body = {"prompt": self._prompt(messages), "n_predict": 0}
            for cached in (True,) if is_read else (False, True):
                self._endpoint.post("completion", body | {"cache_prompt": cached})
        except ModelError:
            return False  # the request itself says why
        self._slot_messages = messages
        return True

    def _finite_grammar(self, request: ChatRequest) -> FiniteGrammar | None:
        """The grammar of a request whose answer is written word by word; None for another one."""
        if not request.grammar or request.stop:
            return None
        grammar = FiniteGrammar.parse(request.grammar)
        return grammar if grammar and self._tokenizer else None

    def _by_words(self, request: ChatRequest, grammar: FiniteGrammar) -> Generator[str, None, ChatResponse]:
        """Yields the words of a text and returns the whole one.

        The same request asks the server the same things in the same order: where another one had the only
        slot in between, all that was asked before is asked again, so that the rounding is the same.
        """
        user = object()
        asked: list[list[int]] = []
        prompt = self._tokens(self._prompt(request.messages), special=True)
        start = self._tokens(request.prefix, special=False) if request.prefix else []

        def scores(words: Sequence[str], before: Sequence[int], tokens: Sequence[int]) -> list[float]:
            context = [*prompt, *start, *self._joined(words), *before]
            with self._slot(user) as had_it:
                if not had_it and self._read_into_slot(request.messages):
                    for earlier in asked:
                        self._scores(earlier, tokens, cache_prompt=True)
                asked.append(context)
                return self._scores(context, tokens, cache_prompt=True)

        tokenizer = cast("Tokenizer", self._tokenizer)
        words: list[str] = []
        length = 0
        for word in written_words(
            grammar, tokenizer, scores, temperature=request.temperature, seed=request.seed
        ):
            length += len(self._of_words([word])[word])
            if length > request.max_tokens:
                return ChatResponse("".join(words), "length", len(prompt), length)
            words.append(word)
            yield word
        return ChatResponse("".join(words), "stop", len(prompt), length + 1)

    def _joined(self, words: Sequence[str]) -> list[int]:
        """The tokens of a text's words."""
        tokens = self._of_words(words)
        return [token for word in words for token in tokens[word]]

    def _of_words(self, words: Sequence[str]) -> dict[str, tuple[int, ...]]:
        """The tokens of each of some words."""
        for word in words:
            if word not in self._tokens_of_words:
                self._tokens_of_words[word] = tuple(self._tokens(word, special=False))
        return {word: self._tokens_of_words[word] for word in words}

    @cached_property
    def _tokenizer(self) -> Tokenizer | None:
        """The tokens of words; None where a text's tokens aren't those of its words, or none ends a turn."""
        text = "Metformin may help in type 2 diabetes (MODY), since it activates PRKAA1 [P1]."
        words = re.findall(r"\s*\S+", text)
        if self._joined(words) != self._tokens(text, special=False):
            return None
        turns = [Message("user", "?"), Message("assistant", text), Message("user", "?")]
        _, written, rest = str(self._prompt(turns)).partition(text)
        end = self._tokens(rest.strip(), special=True)
        # A tokenizer may put a token before every text.
        first = self._tokens("", special=True)
        end = end[len(first) :]
        return Tokenizer(self._of_words, end[0]) if written and end else None

    def _slot_context(self) -> int:
        settings = self._endpoint.get("props").get("default_generation_settings")
        context = settings.get("n_ctx") if isinstance(settings, dict) else None
        if not isinstance(context, int):
            raise _unexpected_answer("props")
        return context


def _unexpected_answer(path: str) -> ModelError:
    return ModelError(
        f"llama.cpp's server answers '{path}' in another form than before.", "Install the tested xllamacpp."
    )


def _check_magic(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise ModelError(
            f"The model file {path} can't be read: {error.strerror}.", "Run 'kedrec model pull'."
        ) from error
    if magic != b"GGUF":
        raise ModelError(f"{path} is no GGUF file.", "Name a .gguf file, or run 'kedrec model pull'.")
