"""The help of every command, the version, and advice on extras."""

from __future__ import annotations

import importlib.metadata
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from kedrec import cli
from kedrec._version import __version__
from kedrec.common import extras

ROOT = Path(__file__).resolve().parents[2]
DIALECT = re.compile(
    r"\b(told|telling|kept|found|gone on|goes on|passed over|doubles|where to|how many)\b", re.IGNORECASE
)


def commands(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, click.Context(below, info_name=name, parent=context))


def helps() -> list[tuple[str, str]]:
    texts: list[tuple[str, str]] = []
    for name, table in (("kedrec", cli._COMMANDS), ("kedrec-load", cli._LOAD_COMMANDS)):
        group = cli._group(name, table, "summary")
        texts += commands(group, click.Context(group, info_name=name))
    return texts


def test_help_is_in_plain_words() -> None:
    texts = helps()
    assert len(texts) > 30
    for path, text in texts:
        assert not DIALECT.search(text), (path, DIALECT.search(text))


def test_every_option_has_a_help_text() -> None:
    for path, text in helps():
        for line in text.splitlines():
            assert not re.fullmatch(r"  --[\w-]+( [A-Z|\[\]]+)?", line), (path, line)


@pytest.mark.parametrize("entry", [cli.main, cli.main_load])
def test_the_version_needs_no_installed_distribution(
    entry: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    with pytest.raises(SystemExit) as end:
        entry(["--version"])  # type: ignore[operator]
    assert end.value.code == 0
    assert capsys.readouterr().out.strip().endswith(f", version {__version__}")


def test_advice_on_an_extra_installs_this_checkout_into_this_environment() -> None:
    words = shlex.split(extras.install_advice("train").removeprefix("Install it with: "))
    assert words == [sys.executable, "-m", "pip", "install", "--editable", f"{ROOT}[train]"]


def test_without_a_checkout_no_command_is_advised(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(extras, "_CHECKOUT", tmp_path)
    assert extras.install_advice("ray") == "Install KEDRec from its checkout with the extra 'ray'."


def test_advised_extras_exist_and_none_is_of_a_package_index() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    sources = {path: path.read_text(encoding="utf-8") for path in (ROOT / "kedrec").rglob("*.py")}
    advised = {name for text in sources.values() for name in re.findall(r"install_advice\(['\"](\w+)", text)}
    assert advised
    assert advised <= declared["optional-dependencies"].keys()
    assert not [path for path, text in sources.items() if "install 'kedrec[" in text]
