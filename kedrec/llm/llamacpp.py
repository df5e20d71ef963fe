"""Runs GGUF models by llama.cpp (`xllamacpp`), in this process.

llama.cpp's own server, which has the chat template, the tokenizer, streaming, parallel slots and the prefix
cache, runs in the process. It listens on a Unix socket in a folder that only this user may enter, with a
random key, so that nothing else on the machine can talk to it. Where the folder's path is too long for a
socket, or the system has no such sockets, it listens on 127.0.0.1 with the same key.
"""

from __future__ import annotations

import math
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from kedrec.common.checked_files import sha256_of
from kedrec.common.cpus import free_threads, wait_passively
from kedrec.errors import ModelError
from kedrec.llm.base import ChatRequest, ChatResponse, Message, ModelInfo
from kedrec.llm.endpoint import Endpoint
from kedrec.llm.replies import Limits
from kedrec.llm.requirements import require_names
from kedrec.llm.server import Server

if TYPE_CHECKING:
    from collections.abc import Generator

    import httpx2

__all__ = ["LlamaCppModel"]

_TIMEOUT = 600.0
_SOCKET_PATH = 100  # bytes; Linux has room for 107, macOS for 103
_SOCKET_NAME = "llama.sock"
_ALONE = 200.0  # added to the logits of tokens, so that others have no probability beside them
_LEAST = 1e-30  # probability, for its logarithm
_NAMES = (
    "CommonParams",
    "Server.listening_address",
    "llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED",
    "common_reasoning_format.COMMON_REASONING_FORMAT_NONE",
)
_PARAMETERS = (
    "model.path",
    "n_ctx",
    "n_parallel",
    "cpuparams.n_threads",
    "cpuparams.poll",
    "cpuparams_batch.n_threads",
    "cpuparams_batch.poll",
    "flash_attn_type",
    "reasoning_format",
    "warmup",
    "cache_ram_mib",
    "verbosity",
    "api_keys",
    "ui",
    "hostnames",
    "port",
)


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
        parameters = _parameters(
            path, key, threads=free_threads(threads), context=context * slots, slots=slots
        )
        with ExitStack() as stack:
            folder = _socket_folder()
            if folder is not None:
                stack.callback(shutil.rmtree, folder, ignore_errors=True)
            parameters.hostnames = [str(folder / _SOCKET_NAME) if folder else "127.0.0.1"]
            parameters.port = 0
            self._llama_server: Any = _start_server(parameters, path, file_sha256)
            stack.callback(self._drop_server)
            self._client = stack.enter_context(_client(self._llama_server, folder, key, slots))
            server = Server(
                self._client,
                name=f"llama.cpp with {path.name}",
                model=name,
                hint="Ask again; if it stays, pull the model again.",
                limits=Limits(seconds=_TIMEOUT),
                secrets=(key,),
            )
            self._endpoint = Endpoint(server, adapts=False)
            self._slots = slots
            self._slot_lock = Lock()
            self._slot_messages: tuple[Message, ...] | None = None
            self._first_tokens: dict[str, int] = {}
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
        with self._only_slot():
            response = self._endpoint.chat(request, **self._read_and_extras(request))
        # The server repeats the beginning that it goes on from.
        return replace(response, text=response.text.removeprefix(request.prefix))

    def stream(self, request: ChatRequest) -> Iterator[str]:
        """Yields the answer in pieces."""
        with ExitStack() as held:
            held.enter_context(self._only_slot())
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
        tokens = [self._first_token(answer) for answer in answers]
        if len(set(tokens)) < len(tokens):
            raise ModelError(
                f"{self._info.name} begins {' and '.join(answers)} with the same token.", "Use another model."
            )
        body = {
            "prompt": self._prompt(messages),
            "n_predict": 1,
            "n_probs": len(tokens),
            # The bias leaves these tokens alone, and their odds as they are.
            "logit_bias": [[token, _ALONE] for token in tokens],
            "post_sampling_probs": True,
            "samplers": ["temperature"],
            "temperature": 1.0,
            "seed": 0,
            "cache_prompt": self._slots > 1,
        }
        try:
            with self._only_slot():
                self._slot_messages = None
                answer = self._endpoint.post("completion", body)
            first = answer["completion_probabilities"][0]["top_probs"]
            found = {int(one["id"]): float(one["prob"]) for one in first}
            return [math.log(max(found[token], _LEAST)) for token in tokens]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise _unexpected_answer("completion") from error

    def close(self) -> None:
        """Ends the server and frees the weights."""
        self._open.close()

    def _prompt(self, messages: Sequence[Message]) -> object:
        """The messages in the model's chat template."""
        turns = [{"role": message.role, "content": message.content} for message in messages]
        return self._endpoint.post("apply-template", {"messages": turns}).get("prompt")

    def _tokens(self, text: object, *, special: bool) -> list[Any]:
        body = {"content": text, "add_special": special, "parse_special": special}
        tokens = self._endpoint.post("tokenize", body).get("tokens")
        if not isinstance(tokens, list):
            raise _unexpected_answer("tokenize")
        return tokens

    def _first_token(self, answer: str) -> int:
        if answer not in self._first_tokens:
            self._first_tokens[answer] = int(self._tokens(answer, special=False)[0])
        return self._first_tokens[answer]

    def _drop_server(self) -> None:
        self._llama_server = None

    def _only_slot(self) -> AbstractContextManager[object]:
        """A lock on the slot if there is but one."""
        return self._slot_lock if self._slots == 1 else nullcontext()

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

    def _slot_context(self) -> int:
        settings = self._endpoint.get("props").get("default_generation_settings")
        context = settings.get("n_ctx") if isinstance(settings, dict) else None
        if not isinstance(context, int):
            raise _unexpected_answer("props")
        return context


def _parameters(path: Path, key: str, *, threads: int, context: int, slots: int) -> Any:
    """Builds llama.cpp's settings for a model."""
    wait_passively()  # before OpenMP is loaded with llama.cpp
    try:
        import xllamacpp
    except ImportError as error:
        raise ModelError(
            f"xllamacpp can't be loaded: {error}.",
            "Install it again: pip install --force-reinstall xllamacpp.",
        ) from error
    require_names("xllamacpp", xllamacpp, _NAMES)
    parameters = xllamacpp.CommonParams()
    require_names("xllamacpp", parameters, _PARAMETERS, of="CommonParams")
    parameters.model.path = str(path)
    parameters.n_ctx = context
    parameters.n_parallel = slots
    for cpu in (parameters.cpuparams, parameters.cpuparams_batch):
        cpu.n_threads = threads
        cpu.poll = 0  # sleep while waiting, where llama.cpp has threads of its own
    # Flash attention splits sums among threads: rounding, and so the text, would depend on their number.
    parameters.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    # A grammar holds from the first word, so its text would be taken for reasoning.
    parameters.reasoning_format = xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_NONE
    parameters.warmup = False
    parameters.cache_ram_mib = 0
    parameters.verbosity = -1  # its log would go to the terminal
    parameters.api_keys = [key]
    parameters.ui = False
    return parameters


def _start_server(parameters: Any, path: Path, file_sha256: str) -> Any:
    """Starts llama.cpp's server with a model.

    Raises:
        ModelError: it can't load the file; the message says if the file differs from the expected one.
    """
    import xllamacpp

    try:
        return xllamacpp.Server(parameters)
    except Exception as error:  # xllamacpp has no errors of its own
        has_hash = bool(file_sha256)
        if has_hash and sha256_of(path) != file_sha256:
            raise ModelError(
                f"llama.cpp can't load {path.name}: the file is damaged.",
                f"Remove {path} and run 'kedrec model pull' again.",
            ) from error
        version = getattr(xllamacpp, "__version__", "of an unknown release")
        kinds = (
            ""
            if has_hash
            else "the file is damaged, or of a kind of model that this release doesn't know, or "
        )
        state = "the file is whole, but " if has_hash else ""
        raise ModelError(
            f"llama.cpp (xllamacpp {version}) can't load {path.name}: {kinds}{state}"
            "the memory isn't enough, or its server can't start.",
            "Free some memory and try again; if it stays, install xllamacpp again."
            if has_hash
            else "Free some memory, or name another file.",
        ) from error


def _client(server: Any, folder: Path | None, key: str, slots: int) -> httpx2.Client:
    import httpx2

    limits = httpx2.Limits(max_connections=slots + 1, max_keepalive_connections=0)
    uds = str(folder / _SOCKET_NAME) if folder else None
    return httpx2.Client(
        transport=httpx2.HTTPTransport(uds=uds, limits=limits, trust_env=False),
        base_url="http://llama/" if folder else f"{server.listening_address}/",
        headers={"Authorization": f"Bearer {key}"},
        timeout=_TIMEOUT,
        trust_env=False,
    )


def _socket_folder() -> Path | None:
    """Creates a folder for the socket that only this user may enter; None where its path is too long."""
    if not hasattr(socket, "AF_UNIX") or os.name == "nt":
        return None
    try:
        folder = Path(tempfile.mkdtemp(prefix="kedrec-"))  # of mode 700
    except OSError:
        return None
    if len(os.fsencode(folder / _SOCKET_NAME)) <= _SOCKET_PATH:
        return folder
    folder.rmdir()
    return None


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
