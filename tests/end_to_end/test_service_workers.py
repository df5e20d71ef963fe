"""`kedrec serve --workers`: several processes that answer as one."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from served_command import serve

WORKERS, MOST = 2, 12
QUESTION = {"disease": "asthma", "top": 2, "llm": False}


@contextmanager
def serving(shell: Any, *words: str) -> Iterator[tuple[int, str]]:
    """The process that supervises, and the URL, when all workers listen."""
    with serve(shell, "--workers", str(WORKERS), "--cache-mb", "0", *words) as (process, url):
        wait_for(lambda: httpx2.get(f"{url}/health", timeout=60).is_success)
        wait_for(lambda: len(workers_of(process.pid)) == WORKERS)
        for worker in workers_of(process.pid):
            with answering_alone(process.pid, worker):
                assert httpx2.get(f"{url}/ready", timeout=60).is_success
        yield process.pid, url
        process.terminate()
        assert process.wait(60) == 0


def wait_for(holds: Callable[[], bool], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it didn't come"
        time.sleep(0.1)


def workers_of(pid: int) -> list[int]:
    """The child processes that listen: multiprocessing has one of its own beside them."""
    children = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [one for one in children if "spawn_main" in Path(f"/proc/{one}/cmdline").read_text()]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@contextmanager
def answering_alone(pid: int, worker: int) -> Iterator[None]:
    """Lets one worker accept connections; the others stand still."""
    others = [other for other in workers_of(pid) if other != worker]
    for other in others:
        os.kill(other, signal.SIGSTOP)
    try:
        yield
    finally:
        for other in others:
            os.kill(other, signal.SIGCONT)


def ask(url: str, number: int) -> list[httpx2.Response]:
    """Answers to one question, each on a connection of its own."""
    return [httpx2.post(f"{url}/v1/recommend", json=QUESTION, timeout=120) for _ in range(number)]


def test_every_worker_gives_the_same_answer_and_together_they_count(shell: Any) -> None:
    with serving(shell, "--rate", f"{MOST}/hour") as (pid, url):
        replies, counted = [], []
        for worker in workers_of(pid):
            with answering_alone(pid, worker):
                replies += ask(url, 4)
        for worker in workers_of(pid):
            with answering_alone(pid, worker):
                text = httpx2.get(f"{url}/metrics", timeout=60).text
                counted += re.findall(r'requests_total\{endpoint="/v1/recommend",status="200"\} (\d+)', text)
                assert 'kedrec_waiting_questions{queue="graph"} 0.0' in text
        assert [reply.status_code for reply in replies] == [200] * 8
        assert len({(reply.content, reply.headers["etag"]) for reply in replies}) == 1
        assert counted == ["8", "8"]
        left = MOST - len(replies) - len(counted)
        assert [reply.status_code for reply in ask(url, left + 1)] == [200] * left + [429]


def test_a_worker_that_ends_is_replaced_and_none_stays(shell: Any) -> None:
    with serving(shell) as (pid, url):
        first, second = workers_of(pid)
        os.kill(first, signal.SIGKILL)
        assert [reply.status_code for reply in ask(url, 3)] == [200] * 3
        wait_for(lambda: len(set(workers_of(pid)) - {first}) == WORKERS)
        (third,) = set(workers_of(pid)) - {first, second}
        with answering_alone(pid, third):
            assert ask(url, 1)[0].status_code == 200
    assert not any(is_running(worker) for worker in (second, third))


def test_workers_end_with_a_process_that_was_killed(shell: Any) -> None:
    with serve(shell, "--workers", str(WORKERS)) as (process, url):
        wait_for(lambda: httpx2.get(f"{url}/health", timeout=60).is_success)
        wait_for(lambda: len(workers_of(process.pid)) == WORKERS)
        workers = workers_of(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(30)
        wait_for(lambda: not any(is_running(worker) for worker in workers))


def test_what_cannot_be_served_is_an_error_before_a_worker_starts(shell: Any) -> None:
    done = shell("kedrec", "serve", "--workers", "2", "--keys", "no-such-file.json")
    assert (done.code, done.out) == (1, "")
    assert "no file of keys" in done.err
    assert shell("kedrec", "serve", "--workers", "0").code == 2
