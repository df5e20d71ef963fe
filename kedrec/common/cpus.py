"""Number of threads for computations on this machine, and their waiting policy."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

__all__ = ["free_threads", "single_threaded_algebra", "usable_threads", "wait_passively"]

_LOADAVG = Path("/proc/loadavg")
_SAMPLES = 10
_SAMPLE_INTERVAL = 0.01  # seconds


def usable_threads(setting: int = 0) -> int:
    """Threads for one computation, 1 or more.

    Args:
        setting: the `KEDREC_THREADS` setting; 0: as many processors as this process may use, by its
            affinity and the quota of its container.
    """
    if setting > 0:
        return setting
    from joblib import cpu_count  # knows affinity and cgroup quotas on every platform

    return max(1, int(cpu_count()))


def free_threads(setting: int = 0) -> int:
    """Threads for a computation whose threads synchronise at every step, 1 or more.

    Such a computation is as slow as its slowest thread: beside other busy processes one thread is faster
    than two that share their processors. So processors that other processes keep busy are subtracted.

    Args:
        setting: the `KEDREC_THREADS` setting; 0: as many processors as this process may use and as are free.
    """
    usable = usable_threads(setting)
    if setting > 0 or usable == 1:
        return usable
    free = (os.cpu_count() or usable) - _busy_processors()
    return max(1, min(usable, int(free + 0.5)))


def wait_passively() -> None:
    """Makes OpenMP's waiting threads sleep instead of spin; without effect once OpenMP is loaded.

    Spinning threads may occupy the processor that the awaited thread needs. A policy chosen by the user
    (`OMP_WAIT_POLICY`, `GOMP_SPINCOUNT`, `KMP_BLOCKTIME`) is not changed.
    """
    if not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"} & os.environ.keys():
        os.environ["OMP_WAIT_POLICY"] = "passive"


def _busy_processors() -> float:
    """Number of processors that other processes keep busy.

    On Linux, the mean number of runnable threads without this one; elsewhere the load average of the last
    minute, which includes this process's own load.
    """
    try:
        running = 0
        for sample in range(_SAMPLES):
            if sample:
                time.sleep(_SAMPLE_INTERVAL)
            running += int(_LOADAVG.read_text(encoding="ascii").split()[3].partition("/")[0]) - 1
        return max(0.0, running / _SAMPLES)
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.getloadavg()[0]
    except (OSError, AttributeError):  # Windows has none
        return 0.0


@contextmanager
def single_threaded_algebra() -> Iterator[None]:
    """Limits BLAS and OpenMP to one thread each while the block runs.

    For work that is distributed over threads already: nested pools spin while they wait for each other, and
    sums split over another number of threads differ in their last digits.
    """
    for library in ("scipy.linalg", "sklearn.linear_model"):
        import_module(library)  # only loaded libraries are limited
    limits = import_module("threadpoolctl").threadpool_limits  # comes with scikit-learn; has no types
    with limits(limits=1):
        yield
