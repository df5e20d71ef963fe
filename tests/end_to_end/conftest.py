"""The commands in processes of their own, on the built-in graph, with the real language model.

A process is forked from one that has imported the libraries, since their import is most of a short command's
time. The README's commands are run as a user runs them, by the installed scripts.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from forked_command import run_forked

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

BIN = Path(sys.executable).parent
_SECONDS = 600


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
        own = {
            name: value for name, value in os.environ.items() if not name.startswith(("KEDREC_", "NEO4J_"))
        }
        own |= {"KEDREC_HOME": str(self.home), "KEDREC_GRAPH": str(self.graph), "KEDREC_THREADS": "1"}
        own |= dict(self.environment) | environment
        with tempfile.TemporaryDirectory() as folder:
            outputs = Path(folder) / "out", Path(folder) / "err"
            code = run_forked(BIN / command, [str(word) for word in words], own, outputs, _SECONDS)
            out, err = (file.read_text(encoding="utf-8") if file.exists() else "" for file in outputs)
        assert code is not None, f"no end after {_SECONDS} s: {err}"
        assert "Traceback" not in err, err
        return Run(code, out, err)


@pytest.fixture(scope="session")
def shell(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, built_starter: Path
) -> Shell:
    """A home with the default model, and the built-in graph with its fitted ranking.

    The model is fetched once and outlasts the tests; the texts that it writes don't.
    """
    folder = tmp_path_factory.mktemp("end-to-end")
    made = Shell(folder / "home", folder / "graph")
    made.home.mkdir()
    models = pytestconfig.cache.mkdir("kedrec-home") / "models"
    models.mkdir(exist_ok=True)
    (made.home / "models").symlink_to(models)
    done = made("kedrec", "model", "pull")
    assert done.code == 0, done.err
    shutil.copytree(built_starter / "graph", made.graph)
    shutil.copytree(built_starter / "cache", made.home / "cache", dirs_exist_ok=True)
    return made


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Own tables of a graph whose ranking is fitted in a second. Others read them: add to copies."""
    numbers, folder = random.Random(3), tmp_path_factory.mktemp("tables")
    kinds = {"Drug": ("DRUGBANK:DB0{:04}", 40), "Disease": ("DOID:{}", 30), "Gene": ("NCBIGene:{}", 50)}
    ids = {kind: [form.format(i) for i in range(1, count + 1)] for kind, (form, count) in kinds.items()}
    nodes = [f"{kind}\t{one}\t{kind.lower()} {i}" for kind in kinds for i, one in enumerate(ids[kind], 1)]
    edges = {
        f"{relation}\t{numbers.choice(ids[start])}\t{numbers.choice(ids[end])}\tCC0-1.0"
        for relation, start, end, count in (
            ("BINDS", "Drug", "Gene", 160),
            ("ASSOCIATED_WITH", "Disease", "Gene", 120),
            ("TREATS", "Drug", "Disease", 60),
        )
        for _ in range(count)
    }
    (folder / "nodes.tsv").write_text("\n".join(["kind\tid\tname", *nodes, ""]))
    (folder / "edges.tsv").write_text("\n".join(["relation\tstart\tend\tlicence", *sorted(edges), ""]))
    return folder


@pytest.fixture(scope="module")
def address(shell: Shell) -> Iterator[str]:
    """The page's address, of a service on the built-in graph."""
    from browser import serving

    with serving(BIN / "kedrec", shell.home, shell.graph) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser; each page has a context of its own."""
    from browser import browsing

    with browsing() as started:
        yield started


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Opens the page; at the end nothing has failed in it and nothing left this machine."""
    from browser import WIDE

    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def opened(
        search: str = "",
        *,
        script: Path | None = None,
        url: str = address,
        viewport: Any = WIDE,
        **options: Any,
    ) -> Page:
        context = browser.new_context(viewport=viewport, **options)
        contexts.append(context)
        if script is not None:
            context.add_init_script(path=script)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda line: wrong.append(line.text) if "Security Policy" in line.text else None)
        page.on(
            "request",
            lambda one: None if one.url.startswith((url, "blob:", "data:")) else wrong.append(one.url),
        )
        page.goto(url + search)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []
