"""GGUF models through llama.cpp (`xllamacpp`), in this process.

llama.cpp's own server runs in the process, on a Unix socket in a folder that only this user may enter
and with a random key: it has the chat template, the tokenizer, streaming, parallel slots and the
prefix cache, and nothing else on the machine can talk to it.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from kedrec.errors import ModelError
from kedrec.llm.base import ChatRequest, ChatResponse, Message, ModelInfo
from kedrec.llm.endpoint import Endpoint

__all__ = ["LlamaCppModel"]

_TIMEOUT = 600.0


class LlamaCppModel:
    """A `ChatModel` from a GGUF file.

    Args:
        path: the file.
        name, sha256, adapter: for `info`.
        threads: 0 for as many as this process may use.
        context: tokens that one request's prompt and answer may have together; a model made for less
            has less.
        slots: requests that `chat_many` answers at once; each has memory for `context` tokens. With one
            slot, the same request gives the same text, whatever was asked before. With more, llama.cpp
            computes requests together and keeps common prefixes: eight slots write about three times as
            fast, but rounding then depends on what runs beside, and where two words are nearly
            equally likely the text can come out differently.

    Raises:
        ModelError: the file is missing, damaged or of a kind that llama.cpp doesn't know.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        sha256: str = "",
        adapter: str = "",
        threads: int = 0,
        context: int = 4096,
        slots: int = 1,
    ) -> None:
        import httpx2
        import xllamacpp

        _check_magic(path)
        self._folder = Path(tempfile.mkdtemp(prefix="kedrec-"))  # mkdtemp lets only this user in
        key = secrets.token_hex(16)
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(path)
        parameters.n_ctx = context * slots
        parameters.n_parallel = slots
        parameters.cpuparams.n_threads = threads or len(os.sched_getaffinity(0))
        parameters.warmup = False
        parameters.cache_ram_mib = 0
        parameters.verbosity = -1  # its log would go to the terminal
        parameters.api_keys = [key]
        parameters.ui = False
        parameters.hostnames = [str(self._folder / "llama.sock")]
        try:
            self._server: Any = xllamacpp.Server(parameters)
        except RuntimeError as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise ModelError(
                f"llama.cpp can't load {path.name}: the file is damaged or of an unknown kind of model.",
                f"Remove {path} and run 'kedrec model pull' again.",
            ) from error
        self._client = httpx2.Client(
            transport=httpx2.HTTPTransport(
                uds=str(self._folder / "llama.sock"), limits=httpx2.Limits(max_connections=slots + 1)
            ),
            base_url="http://llama/",
            headers={"Authorization": f"Bearer {key}"},
            timeout=_TIMEOUT,
        )
        self._endpoint = Endpoint(
            self._client,
            what=f"llama.cpp with {path.name}",
            model=name,
            hint="Ask again; if it stays, pull the model again.",
        )
        self._slots = slots
        self._info = ModelInfo(
            name=name, sha256=sha256, context=self._slot_context(), grammars=True, adapter=adapter
        )

    @property
    def info(self) -> ModelInfo:
        """What the model is."""
        return self._info

    def chat(self, request: ChatRequest) -> ChatResponse:
        """The whole answer."""
        return self._endpoint.chat(request, **self._extras(request))

    def stream(self, request: ChatRequest) -> Iterator[str]:
        """The answer in pieces."""
        return self._endpoint.stream(request, **self._extras(request))

    def chat_many(self, requests: Sequence[ChatRequest]) -> list[ChatResponse]:
        """Answers in order, as many at once as there are slots."""
        with ThreadPoolExecutor(self._slots) as pool:
            return list(pool.map(self.chat, requests))

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Tokens of the messages in the model's chat template, exactly."""
        turns = [{"role": message.role, "content": message.content} for message in messages]
        prompt = self._endpoint.post("apply-template", {"messages": turns})["prompt"]
        body = {"content": prompt, "add_special": True, "parse_special": True}
        return len(self._endpoint.post("tokenize", body)["tokens"])

    def close(self) -> None:
        """Ends the server and frees the weights."""
        self._client.close()
        self._server = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _extras(self, request: ChatRequest) -> dict[str, Any]:
        # A cached prefix is rounded otherwise than one read anew, so one slot goes without.
        extras: dict[str, Any] = {"cache_prompt": self._slots > 1}
        return extras | ({"grammar": request.grammar} if request.grammar else {})

    def _slot_context(self) -> int:
        settings = self._client.get("props").json()["default_generation_settings"]
        return int(settings["n_ctx"])


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
