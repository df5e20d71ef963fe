"""What the README shows, runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README, *PAGES = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "docs/ranking-commands.md", "docs/loading.md")
)
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
COMMANDS = [
    line.split("   #")[0].strip()
    for language, block in BLOCKS
    + re.findall(r"^```(\w*)\n(.*?)^```", "\n".join(PAGES), re.MULTILINE | re.DOTALL)
    if not language
    for line in block.splitlines()
    if line.startswith("kedrec")
]
NEEDS_FILES = "--from"  # these name a user's own folders


@pytest.mark.parametrize("command", [line for line in COMMANDS if NEEDS_FILES not in line])
def test_a_command_of_the_pages_runs(shell, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    name, *words = shlex.split(command)
    done = shell(name, *words)
    assert done.code == 0, done.err
    assert done.out or list(tmp_path.iterdir())


def test_the_readme_shows_commands():
    assert len(COMMANDS) > 6


def test_the_python_example_runs(shell, monkeypatch):
    monkeypatch.setenv("KEDREC_HOME", str(shell.home))
    monkeypatch.setenv("KEDREC_GRAPH", str(shell.graph))
    (example,) = [block for language, block in BLOCKS if language == "python"]
    seen: dict[str, object] = {}
    exec(compile(example, "README.md", "exec"), seen)  # our own page
    assert seen["graph"].number_of_edges() > 0  # type: ignore[attr-defined]


def test_every_page_that_the_readme_links_to_exists():
    root = Path(__file__).resolve().parents[2]
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (root / target).is_file(), target
