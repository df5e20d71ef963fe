"""A service under fifty askers, with a graph that is replaced, a model that is killed, and hostile names."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from asked_graph import EDGES, MORE_EDGES, load
from served import bound_socket, events, serving

from kedrec.api import Kedrec
from kedrec.common.json_text import json_text
from kedrec.llm.model_registry import resolve_model
from kedrec.loading import load_graph
from kedrec.service.options import ServiceOptions
from kedrec.settings import Settings, load_settings
from kedrec.stores import open_store

QUESTION = {"disease": "disease one", "llm": False}
HOSTILE = [
    "<script>alert(1)</script>",
    "\x1b[2J\x1b]0;owned\x07drug",
    "drug \u202egurd\u2066",
    '"}],"injected":[{"',
    "a\u2028data: x\u0085",
]
LLAMA = """
import sys, time
from pathlib import Path
from kedrec.llm.llamacpp_server import _parameters
import xllamacpp
parameters = _parameters(Path(sys.argv[1]), "key", threads=1, context=2048, slots=1)
parameters.hostnames = ["127.0.0.1"]
parameters.port = int(sys.argv[2])
server = xllamacpp.Server(parameters)
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = load_settings(home=tmp_path / "home", graph=str(tmp_path / "graph"), threads=1)
    load(settings, tmp_path, EDGES)
    return settings


def ask(url: str, **body: object) -> httpx2.Response:
    return httpx2.post(f"{url}/v1/recommend", json=QUESTION | body, timeout=120)


def test_fifty_askers_at_once_all_get_the_answer_of_the_function(settings: Settings) -> None:
    with Kedrec(settings) as kr:
        alone = {
            top: json.loads(json_text(kr.recommend("disease one", top=top, llm=False))) for top in range(1, 6)
        }
    tops = [1 + number % 5 for number in range(50)]
    with serving(settings) as url, ThreadPoolExecutor(50) as askers:
        replies = list(askers.map(lambda top: ask(url, top=top), tops))
    assert [reply.status_code for reply in replies] == [200] * 50
    assert [reply.json() for reply in replies] == [alone[top] for top in tops]


def test_a_full_queue_refuses_and_says_when_to_ask_again(settings: Settings) -> None:
    with (
        serving(settings, ServiceOptions(most_waiting=1, cache_bytes=0)) as url,
        ThreadPoolExecutor(20) as askers,
    ):
        while httpx2.get(f"{url}/ready").status_code != 200:
            time.sleep(0.05)  # the graph is being opened, which is a question too
        replies = list(askers.map(lambda _: ask(url), range(40)))
    refused = [reply for reply in replies if reply.status_code != 200]
    assert refused
    assert len(refused) < len(replies)
    for reply in refused:
        assert reply.json()["type"] == "urn:kedrec:error:ServiceBusyError"
        assert (reply.status_code, reply.headers["retry-after"]) == (503, "5")


def test_every_answer_is_of_one_graph_while_it_is_replaced(settings: Settings, tmp_path: Path) -> None:
    stop, replies = threading.Event(), list[httpx2.Response]()

    def ask_on(url: str) -> None:
        while not stop.is_set():
            replies.append(ask(url))

    with serving(settings) as url, ThreadPoolExecutor(4) as askers:
        before = ask(url)
        asking = [askers.submit(ask_on, url) for _ in range(4)]
        try:
            load(settings, tmp_path, MORE_EDGES)
            after = ask(url)
        finally:
            stop.set()
        for asker in asking:
            asker.result(60)
        known = {"If-None-Match": before.headers["etag"]}
        assert httpx2.post(f"{url}/v1/recommend", json=QUESTION, headers=known, timeout=60).status_code == 200
    by_tag = defaultdict[str, list[Any]](list)
    for reply in (before, *replies, after):
        assert reply.status_code == 200, reply.text
        by_tag[reply.headers["etag"]].append(reply.json())
    fingerprints = {tag: answers[0]["manifest"]["fingerprint"] for tag, answers in by_tag.items()}
    assert len(fingerprints) == len(set(fingerprints.values())) == 2
    for answers in by_tag.values():
        assert all(answer == answers[0] for answer in answers)
    with Kedrec(settings) as kr:
        assert after.json() == json.loads(json_text(kr.recommend("disease one", llm=False)))


def test_a_service_that_is_started_again_answers_with_the_same_tag(settings: Settings) -> None:
    replies = []
    for _ in range(2):
        with serving(settings) as url:
            replies.append(ask(url))
    assert replies[0].headers["etag"] == replies[1].headers["etag"]
    assert replies[0].json() == replies[1].json()


@pytest.mark.llm
def test_a_model_that_is_killed_while_it_writes_is_an_error_and_works_when_it_is_back(
    settings: Settings, llm_settings: Settings
) -> None:
    weights = resolve_model("base", llm_settings).path
    with bound_socket("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    asked = settings.model_copy(update={"model": "openai:base", "llm_url": f"http://127.0.0.1:{port}/v1"})
    asked = asked.model_copy(update={"llm_key": type(asked.llm_key)("key")})
    with serving(asked) as url:
        with killable_model(weights, port) as kill:
            names = list[str]()
            question = QUESTION | {"llm": True}
            stream = httpx2.stream(
                "POST",
                f"{url}/v1/recommend",
                json=question,
                headers={"Accept": "text/event-stream"},
                timeout=120,
            )
            with stream as reply:
                for event in events(reply.iter_lines()):
                    names.append(event.name)
                    if names.count("token") == 3 and event.name == "token":
                        kill()
            assert (names[0], names[-1]) == ("ranking", "error")
            assert event.data["type"] == "urn:kedrec:error:ModelError"
            gone = ask(url, llm=True)
            assert (gone.status_code, gone.json()["type"]) == (502, "urn:kedrec:error:ModelError")
            assert ask(url).status_code == 200  # without the model
        with killable_model(weights, port):
            back = ask(url, llm=True, top=1)
            assert back.status_code == 200, back.text
            assert back.json()["manifest"]["model"] == "openai:base"


@contextmanager
def killable_model(weights: Path, port: int) -> Iterator[Any]:
    """llama.cpp's server in a process of its own, and a function that kills it."""
    words = [sys.executable, "-c", LLAMA, str(weights), str(port)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"ready\n"

        def kill() -> None:
            os.kill(process.pid, signal.SIGKILL)
            process.wait(10)

        yield kill
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()


def test_hostile_names_stay_text(settings: Settings, tmp_path: Path) -> None:
    tables = tmp_path / "hostile"
    tables.mkdir()
    ids = [f"DRUGBANK:DB9000{number}" for number in range(len(HOSTILE))]
    nodes = "kind\tid\tname\nGene\tNCBIGene:1\tGENE1\nDisease\tDOID:1\tdisease one\n"
    nodes += "".join(f"Drug\t{id_}\t{name}\n" for id_, name in zip(ids, HOSTILE, strict=True))
    edges = EDGES.splitlines()[0] + "\nASSOCIATED_WITH\tDOID:1\tNCBIGene:1\tCC0-1.0\n"
    edges += "".join(f"BINDS\t{id_}\tNCBIGene:1\tCC0-1.0\n" for id_ in ids)
    (tables / "nodes.tsv").write_text(nodes, encoding="utf-8")
    (tables / "edges.tsv").write_text(edges, encoding="utf-8")
    with open_store(settings.graph_url, settings, read_only=False) as store:
        load_graph(store, ["kedrec"], data_dir=tables, work_dir=tmp_path / "work")
    with Kedrec(settings) as kr:
        names = {id_: kr.names.entity(id_).name for id_ in ids}
    assert len(set(names.values())) == len(HOSTILE)
    with serving(settings) as url:
        replies = [
            ask(url, top=10),
            httpx2.post(f"{url}/v1/rank", json={"diseases": ["disease one"]}),
            *(httpx2.get(f"{url}/v1/entity/{id_}") for id_ in ids),
            *(httpx2.get(f"{url}/v1/search", params={"q": id_}) for id_ in ids),
            httpx2.get(f"{url}/v1/search", params={"q": "<script>alert(2)</script>\u202e"}),
        ]
        with httpx2.stream(
            "POST",
            f"{url}/v1/recommend",
            json=QUESTION | {"top": 10},
            headers={"Accept": "text/event-stream"},
        ) as reply:
            streamed = list(events(reply.iter_lines()))
        graphml = httpx2.post(
            f"{url}/v1/subgraph", json={"drug": ids[0], "disease": "DOID:1", "format": "graphml"}
        )
    assert [event.name for event in streamed] == ["ranking", "done"]
    assert streamed[-1].data == replies[0].json()
    for reply in replies:
        assert reply.status_code == 200, reply.text
        assert reply.headers["content-type"] == "application/json"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert not [c for c in reply.text if unicodedata.category(c) in ("Cc", "Cf", "Zl")], reply.text
    shown = {item["drug"]["id"]: item["drug"]["name"] for item in replies[1].json()["pairs"]}
    assert {id_: shown[id_] for id_ in ids} == names
    assert "<script>" not in graphml.text
