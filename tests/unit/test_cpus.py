"""The number of threads that computing uses."""

from __future__ import annotations

import os

import pytest

from kedrec.cpus import usable_threads


def test_a_number_that_was_asked_for_is_taken() -> None:
    assert usable_threads(3) == 3


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity to set")
def test_only_the_processors_of_this_process_count() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert usable_threads() == 1
    finally:
        os.sched_setaffinity(0, before)
