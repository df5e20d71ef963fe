"""The files of an embedded graph: one writer, and a change that is seen whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kedrec.errors import StoreBusyError, StoreError
from kedrec.stores.graph_folder import GraphFolder


@pytest.fixture
def folder(tmp_path: Path) -> GraphFolder:
    return GraphFolder(tmp_path / "deep" / "graph")


def test_a_new_folder_has_no_graph(folder: GraphFolder) -> None:
    assert folder.stamp() is None


def test_a_published_change_has_another_stamp(folder: GraphFolder) -> None:
    stamps = []
    for content in (b"one", b"two"):
        with folder.writer_lock():
            folder.copy()
            folder.next.write_bytes(content)
            folder.publish()
        stamps.append(folder.stamp())

    assert folder.graph.read_bytes() == b"two"
    assert None not in stamps
    assert stamps[0] != stamps[1]


def test_a_reader_keeps_the_file_it_opened(folder: GraphFolder) -> None:
    with folder.writer_lock():
        folder.next.write_bytes(b"old")
        folder.publish()
        with folder.graph.open("rb") as reader:
            folder.next.write_bytes(b"new")
            folder.publish()
            assert reader.read() == b"old"


def test_what_a_killed_writer_left_is_removed(folder: GraphFolder) -> None:
    with folder.writer_lock():
        pass
    (folder.path / "graph.next.lbug").write_bytes(b"half")
    (folder.path / "graph.next.lbug.wal").write_bytes(b"half")
    with folder.writer_lock():
        assert sorted(file.name for file in folder.path.iterdir()) == ["graph.lock"]


def test_two_writers_exclude_each_other(folder: GraphFolder) -> None:
    with folder.writer_lock(), pytest.raises(StoreBusyError), GraphFolder(folder.path).writer_lock():
        pass
    with GraphFolder(folder.path).writer_lock():
        pass


def test_the_lock_ends_with_its_process(folder: GraphFolder) -> None:
    script = (
        "import os, sys, pathlib; from kedrec.stores.graph_folder import GraphFolder\n"
        "with GraphFolder(pathlib.Path(sys.argv[1])).writer_lock(): print('held'); os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(folder.path)], check=False)
    assert done.returncode == 9
    with folder.writer_lock():
        pass


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "graph").write_text("not a folder")
    with pytest.raises(StoreError, match="can't be used"), GraphFolder(tmp_path / "graph").writer_lock():
        pass
