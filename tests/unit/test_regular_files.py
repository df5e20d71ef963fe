"""Files that are none: pipes, devices, sockets, folders, links in a circle, holes."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from kedrec.common.regular_files import open_regular, require_regular
from kedrec.errors import DataError


def _folder(path: Path) -> None:
    path.mkdir()


def _socket(path: Path) -> None:
    # A socket's path may have some hundred characters only.
    here = os.open(path.parent, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(f"/proc/self/fd/{here}/{path.name}")
    finally:
        os.close(here)


def _circle(path: Path) -> None:
    path.symlink_to(path.name)


def _longer_circle(path: Path) -> None:
    other = path.with_name("other")
    other.symlink_to(path.name)
    path.symlink_to(other.name)


def _hole(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def _link_to_pipe(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (os.mkfifo, "a named pipe"),
        (_link_to_pipe, "a named pipe"),
        (lambda path: path.symlink_to("/dev/zero"), "a device"),
        (_socket, "a socket"),
        (_folder, "a folder"),
        (_circle, "symbolic links"),
        (_longer_circle, "symbolic links"),
        (lambda _: None, "No such file"),
        (lambda path: path.symlink_to("nowhere"), "No such file"),
        (_hole, "nearly nothing of it was ever written"),
    ],
)
def test_what_is_no_regular_file_is_refused_at_once(
    tmp_path: Path, make: Callable[[Path], object], said: str
) -> None:
    path = tmp_path / "table.tsv"
    make(path)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for read in (open_regular, require_regular):
        with pytest.raises(DataError, match=said):
            read(path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    for name in ("a\0b", "x" * 300):
        with pytest.raises(DataError, match="can't be read"):
            open_regular(tmp_path / name)


def test_a_regular_file_a_link_to_it_and_one_with_some_holes_are_read(tmp_path: Path) -> None:
    path = tmp_path / "table.tsv"
    path.write_bytes(b"a\tb\n")
    link = tmp_path / "link.tsv"
    link.symlink_to(path.name)
    for name in (path, link):
        require_regular(name)
        with open_regular(name) as file:
            assert file.read() == b"a\tb\n"
    with path.open("r+b") as file:
        file.truncate(1 << 20)
    with open_regular(path) as file:
        assert len(file.read()) == 1 << 20


def test_a_pipe_put_in_place_of_a_file_between_looking_and_opening_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table.tsv"
    path.write_bytes(b"a\n")
    regular = path.stat()
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(Path, "stat", lambda *_, **__: regular)
    with pytest.raises(DataError, match="a named pipe"):
        open_regular(path)
