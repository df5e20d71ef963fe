"""Starts llama.cpp's own server (`xllamacpp`) in this process, for nobody else on the machine.

It listens on a Unix socket in a folder that only this user may enter, with a random key. Where the folder's
path is too long for a socket, or the system has no such sockets, it listens on 127.0.0.1 with the same key.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.common.checked_files import sha256_of
from kedrec.common.cpus import wait_passively
from kedrec.errors import ModelError
from kedrec.llm.requirements import require_names

if TYPE_CHECKING:
    import httpx2

__all__ = ["TIMEOUT", "started_server"]

TIMEOUT = 600.0
"""Seconds of one request, at most."""
_SOCKET_PATH = 100  # bytes; Linux has room for 107, macOS for 103
_SOCKET_NAME = "llama.sock"
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


def started_server(
    path: Path, key: str, stack: ExitStack, *, file_sha256: str, threads: int, context: int, slots: int
) -> tuple[Any, httpx2.Client]:
    """Starts the server with a model; returns it, which must be kept, and a client of it.

    Args:
        path: the GGUF file.
        key: which the client sends.
        stack: closes the client and removes the socket.
        file_sha256: the expected SHA-256 of the file, "" where it is unknown.
        threads: number of threads.
        context: tokens of all slots together.
        slots: requests that are answered at once.

    Raises:
        ModelError: llama.cpp can't load the file, or the installed xllamacpp lacks a name that is used here.
    """
    parameters = _parameters(path, key, threads=threads, context=context, slots=slots)
    folder = _socket_folder()
    if folder is not None:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
    parameters.hostnames = [str(folder / _SOCKET_NAME) if folder else "127.0.0.1"]
    parameters.port = 0
    server = _start_server(parameters, path, file_sha256)
    return server, stack.enter_context(_client(server, folder, key, slots))


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
        timeout=TIMEOUT,
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
