"""Many threads that ask one engine: order, deadlines, full queues, and a graph that is replaced meanwhile."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from shared_database import NODES

from kedrec.api import Kedrec
from kedrec.errors import DeadlineError, ServiceBusyError, UnknownNameError, UsageError
from kedrec.loading import load_graph
from kedrec.service import Engine
from kedrec.settings import Settings, load_settings
from kedrec.stores import open_store
from kedrec.types import Answer

EDGES = """relation\tstart\tend\tlicence
BINDS\tDRUGBANK:DB00001\tNCBIGene:1\tCC0-1.0
BINDS\tDRUGBANK:DB00002\tNCBIGene:1\tCC0-1.0
ASSOCIATED_WITH\tDOID:1\tNCBIGene:1\tCC0-1.0
TREATS\tDRUGBANK:DB00002\tDOID:1\tCC0-1.0
"""
MORE_EDGES = (
    EDGES
    + """BINDS\tDRUGBANK:DB00001\tNCBIGene:2\tCC0-1.0
ASSOCIATED_WITH\tDOID:1\tNCBIGene:2\tCC0-1.0
"""
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = load_settings(home=tmp_path / "home", graph=str(tmp_path / "graph"), threads=1)
    load(settings, tmp_path, EDGES)
    return settings


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    with Engine(settings, most_waiting=5) as made:
        yield made


def ranking(kr: Kedrec) -> Answer:
    return kr.recommend("disease one", top=3, llm=False)


class Held:
    """A question that is being answered until `release`."""

    def __init__(self, engine: Engine, *, llm: bool = False) -> None:
        started, self._released = threading.Event(), threading.Event()

        def wait(_: Kedrec) -> None:
            started.set()
            assert self._released.wait(60)

        self.answer: Future[None] = engine.submit(wait, llm=llm)
        assert started.wait(60)

    def release(self) -> None:
        self._released.set()
        self.answer.result(60)


def test_fifty_askers_at_once_get_the_answer_that_one_gets(settings: Settings) -> None:
    with Kedrec(settings) as kr:
        alone = ranking(kr)
    with Engine(settings) as engine, ThreadPoolExecutor(50) as askers:
        answers = list(askers.map(lambda _: engine.ask(ranking, llm=False), range(50)))
    assert answers == [alone] * 50


def test_questions_are_answered_in_the_order_of_arrival(engine: Engine) -> None:
    held, order = Held(engine), list[int]()
    waiting = [engine.submit(lambda _, number=number: order.append(number), llm=False) for number in range(4)]
    assert order == []
    held.release()
    for answer in waiting:
        answer.result(60)
    assert order == [0, 1, 2, 3]


def test_a_question_without_the_model_does_not_wait_for_one_with_it(engine: Engine) -> None:
    held = Held(engine, llm=True)
    assert len(engine.ask(ranking, llm=False)) > 0
    held.release()


def test_a_question_whose_turn_does_not_come_in_time_is_never_asked(engine: Engine) -> None:
    held, asked = Held(engine), list[str]()
    with pytest.raises(DeadlineError, match=r"within 0\.05 seconds"):
        engine.ask(lambda _: asked.append("late"), llm=False, seconds=0.05)
    held.release()
    engine.ask(lambda _: asked.append("next"), llm=False)
    assert asked == ["next"]


def test_an_asker_who_leaves_frees_a_place(engine: Engine) -> None:
    held = Held(engine)
    waiting = [engine.submit(ranking, llm=False) for _ in range(4)]
    with pytest.raises(ServiceBusyError, match="5 questions already wait for the graph"):
        engine.submit(ranking, llm=False)
    assert waiting[2].cancel()
    last = engine.submit(ranking, llm=False)
    held.release()
    assert len(last.result(60)) > 0


def test_an_error_reaches_its_asker_alone(engine: Engine) -> None:
    with pytest.raises(UnknownNameError):
        engine.ask(lambda kr: kr.recommend("no such disease", llm=False), llm=False)
    assert len(engine.ask(ranking, llm=False)) > 0


def test_a_closed_engine_drops_who_waits_and_takes_nobody(engine: Engine) -> None:
    held = Held(engine)
    with ThreadPoolExecutor(2) as threads:
        asker = threads.submit(engine.ask, ranking, llm=False)
        until = time.monotonic() + 60
        while not engine._queues[False]._thread._work_queue.qsize():
            assert time.monotonic() < until, "the question never waited"
            time.sleep(0.01)
        closing = threads.submit(engine.close)
        with pytest.raises(ServiceBusyError, match="being stopped"):
            asker.result(60)
        held.release()
        closing.result(60)
    engine.close()
    with pytest.raises(ServiceBusyError, match="being stopped"):
        engine.submit(ranking, llm=False)


def test_a_queue_of_nobody_is_refused(settings: Settings) -> None:
    with pytest.raises(UsageError, match="'most_waiting' is 0"):
        Engine(settings, most_waiting=0)


def test_each_answer_is_of_one_graph_while_it_is_replaced(settings: Settings, tmp_path: Path) -> None:
    answers, stop = list[Answer](), threading.Event()

    def ask_on(engine: Engine) -> None:
        while not stop.is_set():
            answers.append(engine.ask(ranking, llm=False))

    with Engine(settings) as engine, ThreadPoolExecutor(4) as askers:
        before = engine.ask(ranking, llm=False)
        asking = [askers.submit(ask_on, engine) for _ in range(4)]
        try:
            load(settings, tmp_path, MORE_EDGES)
            after = engine.ask(ranking, llm=False)
        finally:
            stop.set()
        for asker in asking:
            asker.result(60)
    with Kedrec(settings) as kr:
        assert after == ranking(kr)
    by_graph = defaultdict[str, list[Answer]](list)
    for answer in (before, after, *answers):
        by_graph[answer.manifest.fingerprint].append(answer)
    assert set(by_graph) == {before.manifest.fingerprint, after.manifest.fingerprint}
    assert before.manifest.fingerprint != after.manifest.fingerprint
    for same in by_graph.values():
        assert all(answer == same[0] for answer in same)


def load(settings: Settings, folder: Path, edges: str) -> None:
    """Loads a graph of two drugs and a disease, or loads it anew with other edges."""
    tables = folder / "tables"
    tables.mkdir(exist_ok=True)
    (tables / "nodes.tsv").write_text(NODES, encoding="utf-8")
    (tables / "edges.tsv").write_text(edges, encoding="utf-8")
    with open_store(settings.graph_url, settings, read_only=False) as store:
        load_graph(store, ["kedrec"], data_dir=tables, work_dir=folder / "work")
