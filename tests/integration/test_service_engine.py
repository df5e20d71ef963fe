"""Many threads that ask one engine: order, deadlines, full queues, and a graph that is replaced meanwhile."""

from __future__ import annotations

import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from asked_graph import EDGES, MORE_EDGES, load

from kedrec.api import Kedrec
from kedrec.errors import (
    DeadlineError,
    ModelError,
    NotFoundError,
    ServiceBusyError,
    UnknownNameError,
    UsageError,
)
from kedrec.llm.model_registry import resolve_model
from kedrec.loading import load_graph
from kedrec.service import Engine
from kedrec.settings import Settings, load_settings
from kedrec.stores import open_store
from kedrec.types import Answer


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

    def __init__(self, engine: Engine, *, by_model: bool = False) -> None:
        started, self._released = threading.Event(), threading.Event()

        def wait(_: object) -> None:
            started.set()
            assert self._released.wait(60)

        self.answer: Future[None] = engine.submit_to_model(wait) if by_model else engine.submit(wait)
        assert started.wait(60)

    def release(self) -> None:
        self._released.set()
        self.answer.result(60)


def test_fifty_askers_at_once_get_the_answer_that_one_gets(settings: Settings) -> None:
    with Kedrec(settings) as kr:
        alone = ranking(kr)
    with Engine(settings) as engine, ThreadPoolExecutor(50) as askers:
        answers = list(askers.map(lambda _: engine.ask(ranking), range(50)))
    assert answers == [alone] * 50


def test_questions_are_answered_in_the_order_of_arrival(engine: Engine) -> None:
    held, order = Held(engine), list[int]()
    waiting = [engine.submit(lambda _, number=number: order.append(number)) for number in range(4)]
    assert order == []
    held.release()
    for answer in waiting:
        answer.result(60)
    assert order == [0, 1, 2, 3]


@pytest.mark.llm
def test_a_question_without_the_model_does_not_wait_for_one_with_it(
    settings: Settings, llm_settings: Settings
) -> None:
    model = str(resolve_model("base", llm_settings).path)
    with Engine(settings.model_copy(update={"model": model})) as engine:
        held = Held(engine, by_model=True)
        assert len(engine.ask(ranking)) > 0
        held.release()


def test_askers_take_turns(engine: Engine) -> None:
    held, order = Held(engine), list[str]()

    def noted(word: str) -> Callable[[Kedrec], None]:
        return lambda _: order.append(word)

    waiting = [engine.submit(noted(f"{asker}{number}"), asker=asker) for asker, number in
               [("a", 1), ("a", 2), ("b", 1), ("a", 3)]]  # fmt: skip
    held.release()
    for answer in waiting:
        answer.result(60)
    assert order == ["a1", "b1", "a2", "a3"]


def test_a_failing_model_is_opened_again_for_the_next_task(settings: Settings, tmp_path: Path) -> None:
    factory = tmp_path / "counted_models.py"
    factory.write_text(
        "from langchain_core.language_models.fake_chat_models import FakeListChatModel\n"
        "made = []\n"
        "def make():\n"
        "    made.append(FakeListChatModel(responses=['a text']))\n"
        "    return made[-1]\n",
        encoding="utf-8",
    )
    sys.path.insert(0, str(tmp_path))
    try:
        with Engine(settings.model_copy(update={"model": "langchain:counted_models:make"})) as engine:
            first = engine.submit_to_model(lambda model: model).result(60)
            assert engine.submit_to_model(lambda model: model).result(60) is first

            def fail(_: object) -> None:
                raise ModelError("It ended.")

            with pytest.raises(ModelError):
                engine.submit_to_model(fail).result(60)
            assert engine.submit_to_model(lambda model: model).result(60) is not first
    finally:
        sys.path.remove(str(tmp_path))


def test_each_view_has_one_graph_and_few_stay_open(settings: Settings, tmp_path: Path) -> None:
    for name in ("lab", "ward"):
        own = tmp_path / name
        own.mkdir()
        (own / "edges.tsv").write_text("relation\tstart\tend\nBINDS\tDRUGBANK:DB00001\tNCBIGene:2\n")
        with open_store(settings.graph_url, settings, read_only=False) as store:
            load_graph(store, [f"overlay:{name}"], data_dir=own, work_dir=tmp_path / "work")

    def seen(kr: Kedrec) -> tuple[int, str, str]:
        return id(kr), kr.settings.overlay, str(kr.fingerprint)

    with Engine(settings, most_views=2) as engine:
        bare = engine.ask(seen)
        lab = engine.ask(seen, overlay="lab")
        assert engine.ask(seen) == bare
        assert (bare[1], lab[1]) == ("", "lab")
        assert bare[2] != lab[2]
        engine.ask(seen, overlay="ward")
        assert sorted(engine._views) == ["", "ward"]
        with pytest.raises(NotFoundError, match="A private overlay of this key isn't in the graph"):
            engine.ask(seen, overlay="none-such")
        assert engine.ask(seen, overlay="lab")[2] == lab[2]


def test_a_question_whose_turn_does_not_come_in_time_is_never_asked(engine: Engine) -> None:
    held, asked = Held(engine), list[str]()
    with pytest.raises(DeadlineError, match=r"within 0\.05 seconds"):
        engine.ask(lambda _: asked.append("late"), seconds=0.05)
    held.release()
    engine.ask(lambda _: asked.append("next"))
    assert asked == ["next"]


def test_an_asker_who_leaves_frees_a_place(engine: Engine) -> None:
    held = Held(engine)
    waiting = [engine.submit(ranking) for _ in range(4)]
    with pytest.raises(ServiceBusyError, match="5 questions already wait for the graph"):
        engine.submit(ranking)
    assert waiting[2].cancel()
    last = engine.submit(ranking)
    held.release()
    assert len(last.result(60)) > 0


def test_an_error_reaches_its_asker_alone(engine: Engine) -> None:
    with pytest.raises(UnknownNameError):
        engine.ask(lambda kr: kr.recommend("no such disease", llm=False))
    assert len(engine.ask(ranking)) > 0


def test_a_closed_engine_drops_who_waits_and_takes_nobody(engine: Engine) -> None:
    held = Held(engine)
    with ThreadPoolExecutor(2) as threads:
        asker = threads.submit(engine.ask, ranking)
        until = time.monotonic() + 60
        while engine.waiting[0] < 2:
            assert time.monotonic() < until, "the question never waited"
            time.sleep(0.01)
        closing = threads.submit(engine.close)
        with pytest.raises(ServiceBusyError, match="being stopped"):
            asker.result(60)
        held.release()
        closing.result(60)
    engine.close()
    with pytest.raises(ServiceBusyError, match="being stopped"):
        engine.submit(ranking)


def test_a_queue_of_nobody_is_refused(settings: Settings) -> None:
    with pytest.raises(UsageError, match="'most_waiting' is 0"):
        Engine(settings, most_waiting=0)
    with pytest.raises(UsageError, match="'most_views' is 0"):
        Engine(settings, most_views=0)


def test_each_answer_is_of_one_graph_while_it_is_replaced(settings: Settings, tmp_path: Path) -> None:
    answers, stop = list[Answer](), threading.Event()

    def ask_on(engine: Engine) -> None:
        while not stop.is_set():
            answers.append(engine.ask(ranking))

    with Engine(settings) as engine, ThreadPoolExecutor(4) as askers:
        before = engine.ask(ranking)
        asking = [askers.submit(ask_on, engine) for _ in range(4)]
        try:
            load(settings, tmp_path, MORE_EDGES)
            after = engine.ask(ranking)
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
