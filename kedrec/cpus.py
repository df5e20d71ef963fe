"""Number of threads that computing may use on this machine."""

from __future__ import annotations

__all__ = ["usable_threads"]


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
