"""The number of threads that computing uses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kedrec.common import cpus
from kedrec.common.cpus import free_threads, usable_threads, wait_passively


def test_a_number_that_was_asked_for_is_taken() -> None:
    assert usable_threads(3) == 3
    assert free_threads(3) == 3


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity to set")
def test_only_the_processors_of_this_process_count() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert usable_threads() == free_threads() == 1
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.parametrize(
    "case",
    [(8, 8, 1, 8), (8, 8, 4, 5), (8, 8, 40, 1), (64, 2, 30, 2), (2, 2, 2, 1), (2, 2, 1, 2), (4, 3, 3, 2)],
)
def test_processors_that_others_keep_busy_are_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, case: tuple[int, int, int, int]
) -> None:
    processors, usable, running, free = case
    loads = tmp_path / "loadavg"
    loads.write_text(f"9.99 9.99 9.99 {running}/321 4711\n", encoding="ascii")
    monkeypatch.setattr(cpus, "_LOADAVG", loads)
    monkeypatch.setattr(cpus, "usable_threads", lambda asked: asked or usable)
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    assert free_threads() == free


def test_where_the_system_does_not_count_the_load_average_stands_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cpus, "_LOADAVG", tmp_path / "none")
    monkeypatch.setattr(cpus, "usable_threads", lambda asked: asked or 4)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setattr(os, "getloadavg", lambda: (3.0, 0.0, 0.0))
    assert free_threads() == 1
    monkeypatch.delattr(os, "getloadavg")
    assert free_threads() == 4


def test_threads_wait_asleep_unless_the_user_chose(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    wait_passively()
    assert "OMP_WAIT_POLICY" not in os.environ
    monkeypatch.delenv("GOMP_SPINCOUNT")
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    wait_passively()
    assert os.environ["OMP_WAIT_POLICY"] == "active"


def test_the_commands_choose_before_anything_loads_openmp() -> None:
    script = (
        "import os, sys; from kedrec.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(os.environ.get('OMP_WAIT_POLICY'), 'lightgbm' in sys.modules, 'xllamacpp' in sys.modules)"
    )
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("OMP", "GOMP", "KMP"))
    }
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.splitlines()[-1] == "passive False False"


def test_all_linear_algebra_has_one_thread_while_it_is_limited() -> None:
    """In a process of its own, where no library is loaded yet."""
    code = """
from threadpoolctl import threadpool_info
from kedrec.common.cpus import single_threaded_algebra
with single_threaded_algebra():
    import numpy, scipy.linalg, sklearn.linear_model
    inside = [pool["num_threads"] for pool in threadpool_info()]
print(len(inside), set(inside))
"""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "3", "OMP_NUM_THREADS": "3"}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    count, threads = run.stdout.split(maxsplit=1)
    assert int(count) > 1
    assert threads.strip() == "{1}"
