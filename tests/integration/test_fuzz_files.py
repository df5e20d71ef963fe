"""Some hostile files, each in a process of its own: loaded or refused, and nothing else.

`python -m benchmarks.fuzz_files --count 500` tries more.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import urllib.request
from pathlib import Path

import pytest

from benchmarks import fuzz_files
from benchmarks.hostile_files import HostileSample, samples

LAYOUTS = (
    "doid",
    "drugmechdb",
    "hetnet",
    "trials",
    "trials, a line each",
    "pubmed",
    "jats",
    "bioc",
    "plain records",
)


def test_hostile_files_are_loaded_or_refused(tmp_path: Path) -> None:
    tried: set[str] = set()

    def chosen(_: int, sample: HostileSample) -> bool:
        # Two changes of each layout; what is long is for the longer run.
        fits = sample.layout in LAYOUTS and sum(map(len, sample.files.values())) < 1 << 20
        key = f"{sample.layout}/{'again' if f'{sample.layout}/' in tried else ''}"
        if not fits or key in tried:
            return False
        tried.add(key)
        return True

    found = fuzz_files.fuzz(5, 76, tmp_path, jobs=2, only=chosen)
    assert len(found) >= 15
    assert [one for one in found if one.wrong] == []
    assert {one.result for one in found} == {"loaded", "refused"}


def test_the_same_seed_makes_the_same_files() -> None:
    first, second = ([(one.layout, one.change, one.files) for one in samples(seed, 30)] for seed in (4, 4))
    assert first == second
    assert first != [(one.layout, one.change, one.files) for one in samples(5, 30)]


def _forever(*_: object) -> str:
    while True:
        time.sleep(1)


def _growing(*_: object) -> str:
    held = []
    while True:
        held.append(bytearray(64 << 20))
        time.sleep(0.05)


def _defect(*_: object) -> str:
    raise AttributeError("no attribute")


def _calling(*_: object) -> str:
    with contextlib.suppress(Exception):  # as a library may swallow it
        urllib.request.urlopen("http://127.0.0.1:9/")
    return ""


def _dying(*_: object) -> str:
    os.abort()


@pytest.mark.parametrize(
    ("does", "result"),
    [
        (_forever, "no end"),
        (_growing, "memory"),
        (_defect, "defect"),
        (_calling, "network"),
        (_dying, "died"),
        (lambda *_: "DOID:1", "lost"),
        (lambda *_: "", "loaded"),
    ],
)
def test_what_goes_wrong_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: object, result: str
) -> None:
    monkeypatch.setattr(fuzz_files, "_load", does)
    monkeypatch.setattr(fuzz_files, "SECONDS", 5)
    monkeypatch.setattr(fuzz_files, "MEGABYTES", 400)
    [outcome] = fuzz_files.fuzz(1, 1, tmp_path)
    assert outcome.result == result
    assert outcome.wrong == (result != "loaded")
    assert json.dumps(outcome.detail)
