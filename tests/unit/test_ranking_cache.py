"""The ranking's file: whole or not used at all, whoever else writes it."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from listed_graph import random_graph

from kedrec.common.array_file import ArrayFile, DamagedFileError, write_arrays
from kedrec.ranking import Ranker, ranking_cache
from kedrec.ranking import ranker as ranker_module

ARRAYS = {
    "a": np.arange(7, dtype=np.int32),
    "b/c": np.eye(3),
    "empty": np.zeros(0),
    "ids": np.array([b"x", b"yz"]),
}


def test_arrays_and_facts_come_back_as_written(tmp_path: Path) -> None:
    write_arrays(tmp_path / "deep" / "f.bin", ARRAYS, {"n": 1, "names": ["é"]})
    found = ArrayFile(tmp_path / "deep" / "f.bin")
    assert found.facts == {"n": 1, "names": ["é"]}
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        assert np.array_equal(found[name], array)
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["f.bin"]


@pytest.mark.parametrize("damage", ["empty", "cut", "header", "flipped", "longer", "foreign"])
def test_a_damaged_file_is_recognized(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "f.bin"
    write_arrays(path, ARRAYS, {})
    data = bytearray(path.read_bytes())
    if damage == "flipped":
        data[-70] ^= 1
    elif damage == "header":
        data[30] ^= 0xFF
    path.write_bytes(
        {
            "empty": b"",
            "cut": bytes(data[:-64]),
            "longer": bytes(data) + b"\0" * 64,
            "foreign": b"PK\3\4 something else entirely",
        }.get(damage, bytes(data))
    )
    with pytest.raises(DamagedFileError):
        ArrayFile(path)


def test_every_changed_bit_before_the_arrays_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "f.bin"
    write_arrays(path, ARRAYS, {"scale": 0.125, "names": ["a", "b"]})
    data = path.read_bytes()
    begins = len(data) - sum(-(-array.nbytes // 64) * 64 for array in ARRAYS.values())
    assert b'"scale": 0.125' in data[:begins]
    for place in range(begins):
        for bit in (1, 16, 128):
            changed = bytearray(data)
            changed[place] ^= bit
            path.write_bytes(changed)
            with pytest.raises(DamagedFileError):
                ArrayFile(path)
    path.write_bytes(data)
    assert ArrayFile(path).facts["scale"] == 0.125


def test_arrays_are_written_without_a_copy_of_them(tmp_path: Path) -> None:
    large = {"a": np.ones(8_000_000), "b": np.zeros((1000, 1000), np.float32)}
    tracemalloc.start()
    write_arrays(tmp_path / "f.bin", large, {})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000
    assert np.array_equal(ArrayFile(tmp_path / "f.bin")["a"], large["a"])


def scores(ranker: Ranker) -> list[tuple[str, float]]:
    return [(pair.drug, pair.score) for pair in ranker.rank("Disease:0")]


def test_a_damaged_ranking_is_made_again(tmp_path: Path) -> None:
    graph = random_graph(5)
    first = scores(Ranker.open(graph, tmp_path))  # type: ignore[arg-type]
    (file,) = tmp_path.glob("ranking-*.bin")
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert scores(Ranker.open(graph, tmp_path)) == first  # type: ignore[arg-type]
    assert file.read_bytes() == whole


def test_a_ranking_of_another_layout_is_made_again(tmp_path: Path) -> None:
    graph = random_graph(5)
    first = scores(Ranker.open(graph, tmp_path))  # type: ignore[arg-type]
    (file,) = tmp_path.glob("ranking-*.bin")
    cached = ArrayFile(file)
    write_arrays(file, dict(cached), {**cached.facts, "layout": 1})
    assert not Ranker.is_cached(graph, tmp_path)  # type: ignore[arg-type]
    assert scores(Ranker.open(graph, tmp_path)) == first  # type: ignore[arg-type]
    assert Ranker.is_cached(graph, tmp_path)  # type: ignore[arg-type]


def test_a_defect_in_reading_is_no_reason_to_fit_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ranker.open(random_graph(5), tmp_path)  # type: ignore[arg-type]

    def broken(*_: object, **__: object) -> None:
        raise TypeError("a defect")

    monkeypatch.setattr(ranker_module, "StoredRanking", broken)
    with pytest.raises(TypeError, match="a defect"):
        Ranker.open(random_graph(5), tmp_path)  # type: ignore[arg-type]


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    graph = random_graph(5)
    ranker = Ranker.open(graph, tmp_path / "taken")  # type: ignore[arg-type]
    assert scores(ranker) == scores(Ranker.open(graph, tmp_path / "free"))  # type: ignore[arg-type]


def test_several_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    graph = random_graph(5)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: scores(Ranker.open(graph, tmp_path)), range(4)))  # type: ignore[arg-type]
    assert found[1:] == found[:-1]
    assert [file.suffix for file in tmp_path.iterdir()] == [".bin"]
    (file,) = tmp_path.iterdir()
    ArrayFile(file)


def test_another_graph_is_another_ranking_and_old_ones_go(tmp_path: Path) -> None:
    for seed in range(8):
        Ranker.open(random_graph(seed), tmp_path)  # type: ignore[arg-type]
    assert len(list(tmp_path.glob("ranking-*.bin"))) == 6


def test_the_ranking_asked_last_stays_however_old_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking_cache, "_MAX_FILES", 2)
    for seed in range(2):
        Ranker.open(random_graph(seed), tmp_path)  # type: ignore[arg-type]
    for age, file in enumerate(sorted(tmp_path.iterdir(), key=lambda one: one.stat().st_mtime)):
        os.utime(file, (1e9 + age, 1e9 + age))
    Ranker.open(random_graph(0), tmp_path)  # type: ignore[arg-type]
    Ranker.open(random_graph(2), tmp_path)  # type: ignore[arg-type]
    assert Ranker.is_cached(random_graph(0), tmp_path)  # type: ignore[arg-type]
    assert not Ranker.is_cached(random_graph(1), tmp_path)  # type: ignore[arg-type]


def test_asking_imports_neither_scipy_nor_scikit_learn() -> None:
    code = "import sys, kedrec.evidence.pair_evidence; print({'scipy', 'sklearn'} & sys.modules.keys())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
