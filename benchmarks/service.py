"""The service beside the function that it calls, and under fifty clients, on the built-in graph."""

from __future__ import annotations

import httpx2

from benchmarks.measuring import BenchmarkContext, Row, alternate, median_seconds
from benchmarks.service_load import (
    Load,
    diseases_of,
    percentile,
    questions_about,
    run_load,
    serving,
    shared_megabytes,
    wait_for_workers,
)
from kedrec.api import Kedrec
from kedrec.common.json_text import json_text
from kedrec.loading import load_graph
from kedrec.ranking import Ranker
from kedrec.settings import load_settings
from kedrec.stores import open_store

_SECONDS, _RATE, _CLIENTS = 20.0, 20.0, 50
_DISEASE = "asthma"
_WORKERS = 8
_STORED = 20  # diseases whose answers are stored before the load


def measure(context: BenchmarkContext) -> list[Row]:
    """Measures one answer by HTTP and by the function, a stored answer, and a load."""
    settings = load_settings(home=context.work, graph=str(context.work / "graph"))
    with open_store(settings.graph_url, settings, read_only=False) as store:
        load_graph(store, work_dir=context.work / "loading")
        Ranker.open(store, settings.cache_dir)
    question = {"disease": _DISEASE, "llm": False}
    diseases = diseases_of(context.work, settings.graph_url)
    with serving(context.work, settings.graph_url, "--cache-mb", "0") as (url, _), Kedrec(settings) as kr:
        client = httpx2.Client(timeout=120)

        def by_http(disease: str) -> object:
            body = {"disease": disease, "llm": False}
            return client.post(f"{url}/v1/recommend", json=body).raise_for_status().content

        def by_function(disease: str) -> object:
            return json_text(kr.recommend(disease, llm=False), indent=None)

        by_http(diseases[-1]), by_function(diseases[-1])
        number = context.runs * 8
        asked_http, asked = (iter(diseases[:number]) for _ in range(2))  # each once: nothing is remembered
        http, new = alternate(lambda: by_http(next(asked_http)), lambda: by_function(next(asked)), number)
        by_http(_DISEASE), by_function(_DISEASE)
        http_again, again = alternate(
            lambda: by_http(_DISEASE), lambda: by_function(_DISEASE), context.runs * 8
        )
        client.close()
    name = "recommend without a model, by HTTP"
    rows = [
        Row(f"{name}, {number} diseases", 1000 * http, 1000 * new, "by the function", "1.1 times", unit="ms"),
        Row(f"{name}, warm", 1000 * http_again, 1000 * again, "by the function", "", unit="ms"),
        Row("recommend without a model, warm", 1000 * again, 1000 * new, "each first", "50 ms", unit="ms"),
    ]
    with serving(context.work, settings.graph_url) as (url, pid):
        with httpx2.Client() as client:
            address = f"{url}/v1/recommend"
            stored = median_seconds(lambda: client.post(address, json=question), context.runs * 4, warm_up=3)
        name = "the same answer again, by HTTP"
        rows.append(Row(name, 1000 * stored, 1000 * http_again, "computed", "", unit="ms"))
        for endpoint, number in (("rank", len(diseases)), ("recommend", _STORED)):
            questions = questions_about(diseases[:number], endpoint)
            for address, body in questions:
                httpx2.post(url + address, json=body, timeout=120)
            load = run_load(url, pid, questions, seconds=_SECONDS, rate=_RATE, clients=_CLIENTS)
            rows += _load_rows(f"{endpoint} of {number} diseases, {_RATE:.0f} a second", load)
    memory = []
    for workers in (_WORKERS, 1):
        with serving(context.work, settings.graph_url, "--workers", str(workers)) as (_, pid):
            wait_for_workers(pid, workers)
            memory.append(shared_megabytes(pid))
    return [*rows, Row(f"memory of {_WORKERS} workers", memory[0], memory[1], "of one", "", unit="MB")]


def _load_rows(name: str, load: Load) -> list[Row]:
    middle, high, highest = (1000 * percentile(load.seconds, share) for share in (0.5, 0.95, 0.99))
    return [
        Row(f"{name}, p95", high, middle, "p50", "100 ms", unit="ms"),
        Row(f"{name}, p99", highest, middle, "p50", "", unit="ms"),
        Row(f"{name}: without an answer", load.lost + load.refused, None, "", "0", unit=""),
        Row(f"{name}: memory after it", load.memory[2], load.memory[0], "before", "flat", unit="MB"),
    ]
