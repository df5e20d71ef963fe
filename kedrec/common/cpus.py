"""Number of threads that computing may use on this machine, and how they wait for each other."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

__all__ = ["free_threads", "single_threaded_algebra", "usable_threads", "wait_passively"]

_LOADAVG = Path("/proc/loadavg")
_LOOKS = 10
_BETWEEN = 0.01  # seconds


def usable_threads(asked: int = 0) -> int:
    """Threads for one computation, 1 or more.

    Args:
        asked: the `KEDREC_THREADS` setting; 0: as many processors as this process may use, by its
            affinity and the quota of its container.
    """
    if asked > 0:
        return asked
    from joblib import cpu_count  # knows affinity and cgroup quotas on every platform

    return max(1, int(cpu_count()))


def free_threads(asked: int = 0) -> int:
    """Threads for a computation whose threads wait for each other at every step, 1 or more.

    Such a computation is as slow as its slowest thread: beside other busy processes one thread is faster
    than two that share their processors. So the processors that others keep busy now are left out.

    Args:
        asked: the `KEDREC_THREADS` setting; 0: as many processors as this process may use and as are free.
    """
    usable = usable_threads(asked)
    if asked > 0 or usable == 1:
        return usable
    free = (os.cpu_count() or usable) - _busy_processors()
    return max(1, min(usable, int(free + 0.5)))


def wait_passively() -> None:
    """Lets OpenMP's threads sleep, not spin, while they wait; of no effect once OpenMP was loaded.

    Spinning threads keep from their processor the very thread that they wait for. Where the user chose how
    to wait (`OMP_WAIT_POLICY`, `GOMP_SPINCOUNT`, `KMP_BLOCKTIME`), that stays.
    """
    if not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"} & os.environ.keys():
        os.environ["OMP_WAIT_POLICY"] = "passive"


def _busy_processors() -> float:
    """Processors that other processes keep busy now.

    Linux counts what runs or could run, this thread included; elsewhere the load average of the last minute
    stands in, which also remembers what this process did itself.
    """
    try:
        running = 0
        for look in range(_LOOKS):
            if look:
                time.sleep(_BETWEEN)
            running += int(_LOADAVG.read_text(encoding="ascii").split()[3].partition("/")[0]) - 1
        return max(0.0, running / _LOOKS)
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.getloadavg()[0]
    except (OSError, AttributeError):  # Windows has none
        return 0.0


@contextmanager
def single_threaded_algebra() -> Iterator[None]:
    """Limits BLAS and OpenMP to one thread each while the block runs.

    For work that is shared out over threads already: pools inside pools wait for each other by spinning, and
    sums split over another number of threads differ in their last digits.
    """
    for library in ("scipy.linalg", "sklearn.linear_model"):
        import_module(library)  # only what is loaded is limited
    limits = import_module("threadpoolctl").threadpool_limits  # comes with scikit-learn; has no types
    with limits(limits=1):
        yield
