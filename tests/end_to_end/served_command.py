"""`kedrec serve` as a program."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def environment(shell: Any) -> dict[str, str]:
    # Where the tests import another checkout's package, so does the program.
    imported = {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}
    return imported | {
        "PATH": f"{BIN}:/usr/bin:/bin",
        "HOME": str(shell.home),
        "KEDREC_HOME": str(shell.home),
        "KEDREC_GRAPH": str(shell.graph),
        "KEDREC_THREADS": "1",
    }


@contextmanager
def serve(shell: Any, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`kedrec serve` at a free port, and its URL."""
    command = [str(BIN / "kedrec"), "serve", "--port", "0", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment(shell), **pipes) as process:  # type: ignore[call-overload]
        try:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            yield process, line.split()[-1].rstrip("/")
        finally:
            process.kill()
