"""Answers that stream: order of events, the same answer at the end, breaks, askers who leave, failures."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from served import Event, events, serving

from kedrec.api import Kedrec
from kedrec.common.json_text import json_text
from kedrec.service.options import ServiceOptions
from kedrec.settings import Settings, load_settings

pytestmark = pytest.mark.llm

QUESTION = {"disease": "asthma", "top": 1, "paths": 4}
EVENTS = {"Accept": "text/event-stream"}


@pytest.fixture(scope="module")
def settings(
    starter_home: Path, llm_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """The tuned model, which has written in seconds."""
    home = tmp_path_factory.mktemp("streaming")
    (home / "models").symlink_to(llm_settings.models_dir)
    shutil.copytree(starter_home / "cache", home / "cache")
    graph = str(starter_home / "graph")
    # Stored texts come in one piece; here each is written.
    return load_settings(home=home, graph=graph, threads=1, model="default", cache_texts=False)


@pytest.fixture(scope="module")
def slow_settings(settings: Settings) -> Settings:
    """The model without tuning, whose long texts have faults, so that it writes each again and again."""
    return settings.model_copy(update={"model": "base"})


@pytest.fixture(scope="module")
def url(settings: Settings) -> Iterator[str]:
    with serving(settings, ServiceOptions(deadline=600)) as url:  # a busy machine writes for minutes
        yield url


@pytest.fixture(scope="module")
def slow_url(slow_settings: Settings) -> Iterator[str]:
    with serving(slow_settings, ServiceOptions(stream_grace=3.0)) as url:
        yield url


@pytest.fixture(scope="module")
def answer(settings: Settings) -> Any:
    with Kedrec(settings) as kr:
        return json.loads(json_text(kr.recommend("asthma", top=1, paths=4)))


def stream(url: str, question: dict[str, Any], **headers: str) -> list[Event]:
    with httpx2.stream(
        "POST", f"{url}/v1/recommend", json=question, headers=EVENTS | headers, timeout=600
    ) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        return list(events(reply.iter_lines()))


def waiting(url: str, queue: str) -> float:
    text = httpx2.get(f"{url}/metrics").text
    (line,) = (
        line for line in text.splitlines() if line.startswith(f'kedrec_waiting_questions{{queue="{queue}"')
    )
    return float(line.rpartition(" ")[2])


def until_idle(url: str, queue: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    while waiting(url, queue):
        assert time.monotonic() < end, f"the {queue} is still asked"
        time.sleep(0.05)


def test_the_ranking_comes_first_and_the_whole_answer_last(url: str, answer: Any) -> None:
    begin = time.monotonic()
    times: dict[str, float] = {}
    got: list[Event] = []
    with httpx2.stream("POST", f"{url}/v1/recommend", json=QUESTION, headers=EVENTS, timeout=600) as reply:
        for event in events(reply.iter_lines()):
            times.setdefault(event.name, time.monotonic() - begin)
            got.append(event)
    names = [event.name for event in got]
    assert names[0] == "ranking"
    assert names[-1] == "done"
    assert set(names) == {"ranking", "token", "claim", "done"}
    assert times["ranking"] < times["token"] < times["done"]
    assert got[-1].data == answer
    stream_id = got[0].id.rpartition(".")[0]
    assert [event.id for event in got] == [f"{stream_id}.{number}" for number in range(1, len(got) + 1)]
    # The ranking is the same answer without the model's words.
    ranking = got[0].data
    assert [item["score"] for item in ranking["recommendations"]] == [
        item["score"] for item in answer["recommendations"]
    ]
    assert ranking["manifest"]["model"] == ""
    assert {item["rationale"]["origin"] for item in ranking["recommendations"]} == {"evidence"}
    for item in answer["recommendations"]:
        claims = [event.data for event in got if event.name == "claim" and event.data["rank"] == item["rank"]]
        if item["rationale"]["drafts"]:
            assert [claim["claim"] for claim in claims] == item["rationale"]["claims"]
            assert [claim["index"] for claim in claims] == list(range(len(claims)))
    # Words of the first draft of the first pair are what a model wrote: one text, in order.
    tokens = [event.data for event in got if event.name == "token"]
    assert len(tokens) > 10
    assert tokens[0]["draft"] == 1


def test_a_stored_answer_comes_at_once_and_whole(url: str, answer: Any) -> None:
    assert stream(url, QUESTION)[-1].data == answer
    got = stream(url, QUESTION)
    assert [event.name for event in got] == ["ranking", "done"]
    assert got[-1].data == answer
    whole = httpx2.post(f"{url}/v1/recommend", json=QUESTION, timeout=60)
    assert whole.json() == answer


def test_a_broken_stream_goes_on_where_it_broke(url: str) -> None:
    question = QUESTION | {"paths": 7}
    with httpx2.stream("POST", f"{url}/v1/recommend", json=question, headers=EVENTS, timeout=600) as reply:
        first = []
        for event in events(reply.iter_lines()):
            first.append(event)
            if len(first) == 6:
                break
    rest = stream(url, question, **{"Last-Event-ID": first[-1].id})
    stream_id = first[0].id.rpartition(".")[0]
    ids = [event.id for event in (*first, *rest)]
    assert ids == [f"{stream_id}.{number}" for number in range(1, len(ids) + 1)]
    assert rest[-1].name == "done"
    assert rest[-1].data == httpx2.post(f"{url}/v1/recommend", json=question, timeout=60).json()


@pytest.mark.parametrize("last", ["nonsense", "aaaa.3", "{stream}.x", "{stream}.", ".1"])
def test_an_unknown_place_in_a_stream_begins_anew(url: str, last: str) -> None:
    first = stream(url, QUESTION | {"llm": False})
    stream_id = first[0].id.rpartition(".")[0]
    again = stream(url, QUESTION | {"llm": False}, **{"Last-Event-ID": last.format(stream=stream_id)})
    assert [event.name for event in again] == ["ranking", "done"]
    assert not again[0].id.startswith(stream_id)


def test_another_question_cannot_read_a_stream(url: str) -> None:
    first = stream(url, QUESTION | {"llm": False})
    other = stream(url, {"disease": "psoriasis", "llm": False}, **{"Last-Event-ID": first[0].id})
    assert [event.name for event in other] == ["ranking", "done"]
    assert other[0].data["disease"]["name"] == "psoriasis"


def test_an_error_of_a_question_is_an_event(url: str) -> None:
    (event,) = stream(url, {"disease": "no such disease"})
    assert event.name == "error"
    assert (event.data["type"], event.data["status"]) == ("urn:kedrec:error:UnknownNameError", 404)


def test_the_model_stops_when_its_asker_leaves(slow_url: str) -> None:
    question = {"disease": "psoriasis", "top": 12, "paths": 9}  # minutes of writing
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(f"{slow_url}/v1/recommend", json=question, timeout=3)
    until_idle(slow_url, "model", 5)


def test_the_model_stops_some_time_after_a_stream_is_left(slow_url: str) -> None:
    question = {"disease": "psoriasis", "top": 12, "paths": 10}
    with httpx2.stream(
        "POST", f"{slow_url}/v1/recommend", json=question, headers=EVENTS, timeout=60
    ) as reply:
        assert next(event for event in events(reply.iter_lines()) if event.name == "token")
    assert waiting(slow_url, "model") == 1  # within the grace
    until_idle(slow_url, "model", 10)


def test_a_question_that_waits_is_dropped_when_its_asker_leaves(slow_url: str) -> None:
    long = {"disease": "psoriasis", "top": 12, "paths": 11}
    with httpx2.stream("POST", f"{slow_url}/v1/recommend", json=long, headers=EVENTS, timeout=60) as reply:
        assert next(event for event in events(reply.iter_lines()) if event.name == "token")
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.post(f"{slow_url}/v1/recommend", json=QUESTION | {"paths": 3}, timeout=2)
        end = time.monotonic() + 2
        while waiting(slow_url, "model") > 1:
            assert time.monotonic() < end
            time.sleep(0.05)
    until_idle(slow_url, "model", 10)


def test_what_the_model_does_not_write_in_time_is_told_in_the_evidences_words(
    slow_settings: Settings,
) -> None:
    question = {"disease": "psoriasis", "top": 12}
    with serving(slow_settings, ServiceOptions(deadline=10.0)) as url:
        reply = httpx2.post(f"{url}/v1/recommend", json=question, timeout=60)
        assert reply.status_code == 200
        rationales = [one["rationale"] for one in reply.json()["recommendations"]]
        assert {one["origin"] for one in rationales} == {"evidence"}
        assert "wasn't done within 10 seconds" in rationales[0]["note"]
        until_idle(url, "model", 3)
        again = httpx2.post(
            f"{url}/v1/recommend", json=question, headers={"If-None-Match": reply.headers["etag"]}, timeout=60
        )
        assert again.status_code == 200  # an answer that lacks the model's sentences isn't had already
        until_idle(url, "model", 3)
        got = stream(url, question)
        assert (got[0].name, got[-1].name) == ("ranking", "done")
        assert "wasn't done" in got[-1].data["recommendations"][0]["rationale"]["note"]


def test_an_order_that_the_model_does_not_make_in_time_is_an_error(slow_settings: Settings) -> None:
    question = {"disease": "psoriasis", "top": 12, "choose": "model"}
    with serving(slow_settings, ServiceOptions(deadline=10.0)) as url:
        reply = httpx2.post(f"{url}/v1/recommend", json=question, timeout=60)
        assert (reply.status_code, reply.json()["type"]) == (504, "urn:kedrec:error:DeadlineError")
        until_idle(url, "model", 5)
