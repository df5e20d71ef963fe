"""Fixtures of every test: no network for unit tests, no settings of the user, and a real Neo4j."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import neo4j
import neo4j_server as servers
import pytest
from filelock import FileLock
from xdist.scheduler import LoadFileScheduling

from kedrec.loading import load_graph
from kedrec.ranking import Ranker
from kedrec.settings import Settings, load_settings
from kedrec.stores import open_store

_TESTS = Path(__file__).resolve().parent
_LOCAL = ["127.0.0.1", "::1", "localhost"]
_started = pytest.StashKey[str]()
_skipped = pytest.StashKey[int]()

_USES_SERVER = re.compile(r"\b(neo4j_settings|empty_neo4j|neo4j_server(?=[,:)]))")

Wipe = Callable[[], None]


class _FileScheduling(LoadFileScheduling):
    """A file at a time to each process; all that use the Neo4j server to the same, so that one is started."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "neo4j" if _uses_server(file) else file


@cache
def _uses_server(file: str) -> bool:
    return bool(_USES_SERVER.search((_TESTS.parent / file).read_text(encoding="utf-8")))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _FileScheduling | None:
    """Distributes files as above where `--dist loadfile` is asked for."""
    return _FileScheduling(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # Event loops and subprocesses talk to themselves over these; pytest-socket reads the option after this.
    config.option.allow_unix_socket = True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Unit tests open no socket, the others none off this machine; without Java, Neo4j's are skipped."""
    lacking = servers.missing_tools()
    config.stash[_skipped] = 0
    for item in items:
        if (_TESTS / "unit") in item.path.parents:
            item.add_marker(pytest.mark.disable_socket)
        else:
            item.add_marker(pytest.mark.allow_hosts(_LOCAL))
        if lacking and item.get_closest_marker("neo4j") and not os.environ.get("CI"):
            item.add_marker(pytest.mark.skip(reason=f"no {' and no '.join(lacking)}"))
            config.stash[_skipped] += 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Sends what the summary says from a process of several to the one that prints it."""
    stash, output = session.config.stash, getattr(session.config, "workeroutput", None)
    if output is not None:
        output |= {"skipped": stash.get(_skipped, 0), "neo4j": stash.get(_started, "")}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Takes over what a process of several sent; one that died sent nothing."""
    output, stash = getattr(node, "workeroutput", {}), node.config.stash
    stash[_skipped] = max(stash.get(_skipped, 0), output.get("skipped", 0))
    stash[_started] = output.get("neo4j", "") or stash.get(_started, "")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says on which Neo4j the tests ran, or loudly that they didn't."""
    if config.stash.get(_skipped, 0):
        terminalreporter.write_sep("!", "NEO4J TESTS WERE SKIPPED", red=True, bold=True)
        terminalreporter.write_line(servers.HOW_TO_GET, red=True, bold=True)
    if version := config.stash.get(_started, ""):
        terminalreporter.write_line(f"Neo4j {version}, real server, was used.", green=True)


@pytest.fixture(autouse=True)
def _no_user_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes away what the user's environment tells KEDRec and Neo4j's tools."""
    for name in [*os.environ]:
        if name.startswith(("KEDREC_", "NEO4J_")) and name != "KEDREC_TEST_CACHE":
            monkeypatch.delenv(name)


@pytest.fixture
def kedrec_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home that commands and `load_settings` use."""
    home = tmp_path / "home"
    monkeypatch.setenv("KEDREC_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def built_starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built-in graph in `graph` and its ranking in `cache`, made once for all processes of a run.

    Others read it at the same time: copy what a test writes to.
    """
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # of every process of this run
    home, complete = base / "built-starter", base / "built-starter.complete"
    with FileLock(base / "built-starter.lock"):
        if not complete.exists():
            settings = load_settings(home=home, graph=str(home / "graph"))
            with open_store(settings.graph_url, settings, read_only=False) as writer:
                load_graph(writer, work_dir=home / "work")
                Ranker.open(writer, settings.cache_dir)
            complete.touch()
    return home


@pytest.fixture(scope="session")
def starter_home(built_starter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of this process with the built-in graph in `graph` and its fitted ranking in the cache."""
    home = tmp_path_factory.mktemp("starter") / "home"
    shutil.copytree(built_starter, home)
    return home


@pytest.fixture(scope="session")
def neo4j_server(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[servers.Server]:
    """A real Neo4j, started once. In CI, a machine that can't start it fails the tests."""
    try:
        with servers.serving(tmp_path_factory.mktemp("neo4j"), heap="768m", page_cache="256m") as server:
            pytestconfig.stash[_started] = server.version
            yield server
    except servers.ServerError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def neo4j_settings(neo4j_server: servers.Server, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings whose graph is the test server's."""
    return load_settings(
        home=tmp_path_factory.mktemp("home"),
        neo4j_uri=neo4j_server.uri,
        neo4j_username=neo4j_server.username,
        neo4j_password=neo4j_server.password,
    )


@pytest.fixture(scope="session")
def wipe_neo4j(neo4j_server: servers.Server) -> Wipe:
    """Empties the test server's database when called. Constraints stay: making them takes seconds."""

    def wipe() -> None:
        credentials = (neo4j_server.username, neo4j_server.password)
        with (
            neo4j.GraphDatabase.driver(neo4j_server.uri, auth=credentials) as driver,
            driver.session() as session,
        ):
            session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS").consume()

    return wipe


@pytest.fixture
def empty_neo4j(neo4j_settings: Settings, wipe_neo4j: Wipe) -> Settings:
    """Settings whose graph is the test server's database, emptied."""
    wipe_neo4j()
    return neo4j_settings
