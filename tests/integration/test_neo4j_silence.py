"""A server that falls silent, a line that dies, a lock that another has: every wait ends and says why."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from small_graph import edge, edge_file, node, node_file

from kedrec.errors import StoreBusyError, StoreError, StoreUnavailableError
from kedrec.stores import GraphStore, open_store
from kedrec.stores.neo4j import Neo4jStore
from kedrec.stores.waiting import wait_for

if TYPE_CHECKING:
    from kedrec.settings import Settings

pytestmark = pytest.mark.neo4j


class Line:
    """A TCP line to a server, which can be frozen: both ends stay up, and nothing passes."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._passes = threading.Event()
        self._passes.set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._sockets = [self._server]
        self.url = f"bolt://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                self._sockets += [client, server]
                for one, other in ((client, server), (server, client)):
                    threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65_536):
                self._passes.wait()
                other.sendall(data)
            other.close()

    def freeze(self) -> None:
        self._passes.clear()

    def thaw(self) -> None:
        self._passes.set()

    def close(self) -> None:
        self.thaw()
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@pytest.fixture
def line(empty_neo4j: Settings) -> Iterator[Line]:
    with contextlib.closing(Line(int(empty_neo4j.neo4j_uri.rpartition(":")[2]))) as made:
        yield made


@pytest.fixture
def filled(empty_neo4j: Settings, tmp_path: Path) -> Settings:
    """A small graph on the server."""
    with open_store(empty_neo4j.neo4j_uri, empty_neo4j, read_only=False) as store, store.writing():
        store.prepare()
        store.put_nodes("Drug", node_file(tmp_path, *(node(f"DRUGBANK:{i}") for i in range(300))), None)
        store.put_nodes("Disease", node_file(tmp_path, node("DOID:1")), None)
        edges = edge_file(tmp_path, *(edge(f"DRUGBANK:{i}", "DOID:1") for i in range(300)))
        store.put_edges("TREATS", "Drug", "Disease", edges, None)
    return empty_neo4j


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> float:
    """Limits of seconds where they are of minutes."""
    for name in ("ANSWER_SECONDS", "TABLE_SECONDS", "WRITE_SECONDS", "_ACQUIRE_SECONDS"):
        monkeypatch.setattr(f"kedrec.stores.neo4j_driver.{name}", 2.0)
    return 2.0


def ask(store: GraphStore, what: str, folder: Path) -> object:
    if what == "nodes":
        return store.nodes("Drug")
    if what == "edges":
        return list(store.edges("TREATS", "Drug", "Disease"))
    if what == "fingerprint":
        return store.fingerprint()
    if what == "run":
        return store.run("lookup/node", {"id": "DOID:1"})
    return store.has_changed()


@pytest.mark.parametrize("what", ["nodes", "edges", "fingerprint", "run", "has_changed"])
def test_a_server_that_falls_silent_ends_every_question(
    filled: Settings, line: Line, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, what: str
) -> None:
    with open_store(line.url, filled) as store:
        ask(store, what, tmp_path)
        for name in ("ANSWER_SECONDS", "TABLE_SECONDS", "_ACQUIRE_SECONDS"):
            monkeypatch.setattr(f"kedrec.stores.neo4j_driver.{name}", 1.0)
        line.freeze()
        began = time.monotonic()
        with pytest.raises(StoreUnavailableError, match=r"has not answered for \d+ seconds"):
            ask(store, what, tmp_path)
        assert time.monotonic() - began < 10
    assert time.monotonic() - began < 20  # nor does closing wait


@pytest.mark.usefixtures("short")
def test_a_server_that_is_silent_from_the_start_is_told(filled: Settings, line: Line) -> None:
    line.freeze()
    began = time.monotonic()
    with pytest.raises(StoreUnavailableError, match=r"has not answered|can't be reached"):
        open_store(line.url, filled)
    assert time.monotonic() - began < 15


def test_a_load_through_a_line_that_dies_ends_and_is_completed_by_the_same_calls(
    filled: Settings, line: Line, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The line freezes in the middle of megabytes, so that the sender stands too."""
    edges = edge_file(
        tmp_path,
        *(edge(f"DRUGBANK:{i % 300}", "DOID:1", source=f"s{i}", evidence="x" * 900) for i in range(6000)),
    )
    table = ("TREATS", "Drug", "Disease")
    with open_store(line.url, filled, read_only=False) as store:
        assert isinstance(store, Neo4jStore)
        transact = store._transact
        calls: list[object] = []

        def freezing(work: object) -> None:
            calls.append(work)
            if len(calls) == 2:  # counts forgotten, then the batch
                line.freeze()
                for name in ("ANSWER_SECONDS", "WRITE_SECONDS", "_ACQUIRE_SECONDS"):
                    monkeypatch.setattr(f"kedrec.stores.neo4j_driver.{name}", 2.0)
                monkeypatch.setattr("kedrec.stores.neo4j_lock.ANSWER_SECONDS", 2.0)
            transact(work)  # type: ignore[arg-type]

        def load() -> None:
            with store.writing():
                monkeypatch.setattr(store, "_transact", freezing)
                store.put_edges(*table, edges, None)

        began = time.monotonic()
        with pytest.raises(StoreUnavailableError, match="goes on from there"):
            load()
        assert time.monotonic() - began < 60
    line.close()  # what the server held for the dead line goes with it
    monkeypatch.undo()
    with open_store(filled.neo4j_uri, filled, read_only=False) as store, store.writing():
        store.put_edges(*table, edges, None)
        assert sum(store.fingerprint().edges.values()) == 6300


def test_a_lock_that_another_takes_first_is_told_and_not_waited_for(
    filled: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between finding it free and taking it."""
    monkeypatch.setattr("kedrec.stores.neo4j._LOCK_SECONDS", 2.0)
    with (
        open_store(filled.neo4j_uri, filled, read_only=False) as first,
        open_store(filled.neo4j_uri, filled, read_only=False) as second,
    ):
        assert isinstance(second, Neo4jStore)
        with contextlib.ExitStack() as held:
            tried = second._lock._try

            def beaten(seconds: float) -> None:
                tried(seconds)
                held.enter_context(first.writing())

            monkeypatch.setattr(second._lock, "_try", beaten)
            began = time.monotonic()
            with pytest.raises(StoreBusyError, match="Another process"), second.writing():
                pass
            assert time.monotonic() - began < 30
            first.put_metadata({"first": "yes"})
        monkeypatch.undo()
        with second.writing():  # what the second asked for in vain, it doesn't hold
            second.put_metadata({"second": "yes"})
        with first.writing():
            first.put_metadata({"third": "yes"})


def test_a_question_that_the_server_works_at_for_too_long_is_ended_by_it(
    filled: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(filled.neo4j_uri, filled) as store:
        monkeypatch.setattr("kedrec.stores.neo4j_driver.ANSWER_SECONDS", 1.0)
        reading = store._store._read  # type: ignore[attr-defined]
        with pytest.raises(StoreError, match=r"took too long|has not answered"):
            reading("UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b RETURN count(a * b) AS n")


def test_a_wait_gives_what_came_and_raises_what_was_raised() -> None:
    assert wait_for(lambda _: 7, 5) == 7
    with pytest.raises(ZeroDivisionError):
        wait_for(lambda _: 1 // 0, 5)


def test_a_wait_ends_and_what_comes_late_is_undone() -> None:
    undone: list[str] = []
    goes_on = threading.Event()
    begun: list[bool] = []

    def slow(wait: object) -> str:
        goes_on.wait(10)
        begun.append(wait.is_abandoned)  # type: ignore[attr-defined]
        return "late"

    with pytest.raises(TimeoutError):
        wait_for(slow, 0.05, undone.append)
    goes_on.set()
    until = time.monotonic() + 5
    while not undone and time.monotonic() < until:
        time.sleep(0.01)
    assert (undone, begun) == (["late"], [True])


def test_a_wait_goes_on_for_as_long_as_something_is_heard() -> None:
    def talking(wait: object) -> str:
        for _ in range(8):
            time.sleep(0.1)
            wait.record_sign()  # type: ignore[attr-defined]
        return "all"

    assert wait_for(talking, 0.5) == "all"
