"""The recipes of docs/extending.md, followed in a copy of the checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^<!-- (.+?) -->\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCKS = _BLOCK.findall(PAGE)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package and its declarations with every block of the page put in."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("kedrec", "graph", "cypher", "loaders"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for target, content in BLOCKS:
        if target != "check":
            _put(copy, target, content)
    return copy


def _put(copy: Path, target: str, content: str) -> None:
    name, _, where = target.partition(", ")
    path = copy / name
    if where == "new":
        path.write_text(content, encoding="utf-8")
        return
    side, _, quoted = where.partition(": ")
    beginning = quoted[1:-1].replace('\\"', '"')
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    [index] = [number for number, line in enumerate(lines) if line.startswith(beginning)]
    lines.insert(index + (side == "after"), content)
    path.write_text("".join(lines), encoding="utf-8")


@pytest.mark.parametrize("number", range(sum(target == "check" for target, _ in BLOCKS)))
def test_a_recipe_does_what_its_check_says(checkout: Path, tmp_path: Path, number: int) -> None:
    check = [content for target, content in BLOCKS if target == "check"][number]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KEDREC_")}
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(checkout)!r})\n{check}"],
        cwd=tmp_path,
        env=environment | {"KEDREC_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_recipe_with_a_block_has_a_check() -> None:
    for recipe in PAGE.split("\n## ")[1:]:
        targets = [target for target, _ in _BLOCK.findall(recipe)]
        assert not targets or targets[-1] == "check", recipe.splitlines()[0]
