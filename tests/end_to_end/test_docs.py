"""The commands that the README and the pages show, run."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README, *PAGES = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "docs/ranking-commands.md", "docs/loading.md")
)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCKS = BLOCK.findall(README)


def _commands(blocks: list[tuple[str, str]]) -> list[str]:
    lines = [line for language, block in blocks if not language for line in block.splitlines()]
    return [line.split("   #")[0].strip() for line in lines if not line.startswith("#")]


COMMANDS = [line for line in _commands(BLOCK.findall("\n".join(PAGES))) if line.startswith("kedrec")]
NEEDS_FILES = "--from"  # these name a user's own folders
_HELLO = json.dumps(
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
)
_DONE = "-- done"


@pytest.mark.parametrize("command", [line for line in COMMANDS if NEEDS_FILES not in line])
def test_a_command_of_the_pages_runs(shell, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    name, *words = shlex.split(command)
    done = shell(name, *words)
    assert done.code == 0, done.err
    assert done.out or list(tmp_path.iterdir())


def test_the_commands_of_the_page_on_sharing_run_in_order(shell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "sharing.md").read_text(encoding="utf-8")
    commands = _commands(BLOCK.findall(page))
    assert [command.split()[1] for command in commands] == ["ask", "ask", "ask", "replay"]
    for command in commands:
        name, *words = shlex.split(command)
        done = shell(name, *words)
        assert done.code == 0, done.err


def _run(line: str) -> str:
    """A command for bash. One that serves is stopped once it does; it fails if it ends before."""
    if line.startswith("kedrec serve"):
        return _until("http://", f"{line} --port 0 > said 2>&1", "kill $!; wait $!; [ $? = 143 ]")
    if line.startswith("kedrec mcp"):
        start = f"mkfifo asked; {line} < asked > said"
        return _until('"serverInfo"', start, "exec 3>&-; wait $!", f"exec 3> asked; echo '{_HELLO}' >&3")
    return line


def _until(said: str, start: str, stop: str, ask: str = "true") -> str:
    """Starts what serves, waits until it said a text, and stops it; fails once it has ended before."""
    wait = f"until grep -q '{said}' said; do kill -0 $! || exit 1; sleep 0.1; done"
    return f"{{ : > said; {start} & {ask}; {wait}; {stop}; }}"


def test_the_readmes_commands_run_in_order_after_make_demo(shell, tmp_path):
    """One shell, in the state that a newcomer's has: nothing on the PATH, no settings, the graph fitted."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / ".kedrec").mkdir()
    for folder in (shell.graph, shell.home / "models", shell.home / "cache"):
        (tmp_path / ".kedrec" / folder.name).symlink_to(folder)
    lines = [line for line in _commands(BLOCKS) if line and NEEDS_FILES not in line]
    assert sum(line.startswith("kedrec") for line in lines) > 6
    script = "".join(f"{_run(line)} || exit 1\necho '{_DONE}'\n" for line in lines)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "KEDREC_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    ran = done.stdout.count(_DONE)
    assert ran == len(lines), f"{lines[ran]}\n{done.stderr[-3000:]}"


def test_the_python_example_runs(shell, monkeypatch):
    monkeypatch.setenv("KEDREC_HOME", str(shell.home))
    monkeypatch.setenv("KEDREC_GRAPH", str(shell.graph))
    (example,) = [block for language, block in BLOCKS if language == "python"]
    seen: dict[str, object] = {}
    exec(compile(example, "README.md", "exec"), seen)  # our own page
    assert seen["graph"].number_of_edges() > 0  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name
)
def test_every_page_that_a_page_links_to_exists(page):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).is_file(), target


def test_the_index_lists_every_page():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"}
    assert pages - set(re.findall(r"\]\(([\w-]+\.md)\)", index)) == set()
