"""Coroutines ask one graph: the event loop goes on, and answers are those of `Kedrec`."""

from __future__ import annotations

import asyncio
import threading

import pytest

import kedrec
from kedrec.errors import UnknownNameError


@pytest.fixture
def graph(starter_home, monkeypatch) -> str:
    monkeypatch.setenv("KEDREC_HOME", str(starter_home))
    return str(starter_home / "graph")


def test_answers_are_those_of_the_plain_api_and_in_the_order_of_asking(graph):
    async def ask() -> list[object]:
        async with kedrec.AsyncKedrec.open(graph) as kr:
            return list(
                await asyncio.gather(
                    kr.recommend("asthma", top=2, llm=False),
                    kr.explain("imatinib", "chronic myeloid leukemia"),
                    kr.search("fingolimd", kind="Drug"),
                    kr.compare("asthma", "montelukast", "salbutamol"),
                    kr.subgraph("imatinib", "chronic myeloid leukemia"),
                    kr.recommend_diseases("imatinib", top=1, llm=False),
                )
            )

    answers = asyncio.run(ask())
    with kedrec.open(graph) as kr:
        assert answers == [
            kr.recommend("asthma", top=2, llm=False),
            kr.explain("imatinib", "chronic myeloid leukemia"),
            kr.search("fingolimd", kind="Drug"),
            kr.compare("asthma", "montelukast", "salbutamol"),
            kr.subgraph("imatinib", "chronic myeloid leukemia"),
            kr.recommend_diseases("imatinib", top=1, llm=False),
        ]


def test_the_event_loop_goes_on_and_a_cancelled_question_is_dropped(graph):
    started, release, asked = threading.Event(), threading.Event(), []

    def slow(_: kedrec.Kedrec) -> None:
        started.set()
        release.wait(60)

    async def ask() -> None:
        async with kedrec.AsyncKedrec.open(graph) as kr:
            first = asyncio.create_task(kr.ask(slow))
            while not started.is_set():
                await asyncio.sleep(0.01)
            second = asyncio.create_task(kr.ask(asked.append))
            await asyncio.sleep(0.05)
            second.cancel()
            await asyncio.sleep(0)
            release.set()
            await first
            with pytest.raises(asyncio.CancelledError):
                await second

    asyncio.run(ask())
    assert not asked


def test_errors_and_a_second_closing(graph):
    async def ask() -> None:
        async with kedrec.AsyncKedrec.open(graph) as kr:
            with pytest.raises(UnknownNameError):
                await kr.recommend("no such disease", llm=False)
            await kr.close()
        with pytest.raises(RuntimeError):
            await kr.status()

    asyncio.run(ask())
