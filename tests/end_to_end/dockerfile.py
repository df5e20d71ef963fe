"""The instructions of a Dockerfile, read without Docker."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Instruction:
    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """The words of the JSON form, after options."""
        words: list[str] = json.loads(self.text[self.text.index("[") :])
        return words


def stages(path: Path) -> list[list[Instruction]]:
    """The instructions of each stage, the first of which is its FROM."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    found: list[list[Instruction]] = []
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        name, _, text = line.strip().partition(" ")
        if name == "FROM":
            found.append([])
        if name:
            found[-1].append(Instruction(name, text.strip()))
    return found


def copy_context(root: Path, target: Path) -> None:
    """Copies what `.dockerignore` lets through: everything is left out, and some names are named again."""
    first, *others = [
        line for line in (root / ".dockerignore").read_text().splitlines() if line and line[0] != "#"
    ]
    assert first == "*"
    target.mkdir()
    for line in others:
        if line.startswith("!"):
            name = line.removeprefix("!")
            if (root / name).is_dir():
                shutil.copytree(root / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(root / name, target / name)
