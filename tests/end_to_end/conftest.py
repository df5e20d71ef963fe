"""The commands as a user runs them: own processes, the built-in graph, the real language model."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Run:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Shell:
    """Runs commands with one home and one graph."""

    home: Path
    graph: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, command: str, *words: str | Path, **environment: str) -> Run:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("KEDREC_", "NEO4J_"))
        }
        kept |= {"KEDREC_HOME": str(self.home), "KEDREC_GRAPH": str(self.graph), "KEDREC_THREADS": "1"}
        done = subprocess.run(
            [BIN / command, *words],
            env=kept | dict(self.environment) | environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def shell(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, built_starter: Path
) -> Shell:
    """A home with the default model, and the built-in graph with its fitted ranking."""
    made = Shell(pytestconfig.cache.mkdir("kedrec-home"), tmp_path_factory.mktemp("end-to-end") / "graph")
    done = made("kedrec", "model", "pull")
    assert done.code == 0, done.err
    shutil.copytree(built_starter / "graph", made.graph)
    cache = made.home / "cache"
    cache.mkdir(exist_ok=True)
    for file in (built_starter / "cache").iterdir():
        part = cache / f".{file.name}.{os.getpid()}"  # other processes use the same home
        shutil.copy2(file, part)
        part.replace(cache / file.name)
    return made
