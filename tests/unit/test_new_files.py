"""Files are written whole or not at all, and over others only on request."""

from __future__ import annotations

import os
import stat

import pytest

from kedrec.common.new_files import check_writable, write_whole
from kedrec.errors import UsageError


def test_a_file_is_the_owners_alone_and_leaves_no_draft(tmp_path):
    file = tmp_path / "a.html"
    write_whole(file, b"new", overwrite=False)
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_is_there_stays_unless_told(tmp_path):
    file = tmp_path / "a.html"
    file.write_text("old")
    with pytest.raises(UsageError, match="is there already") as caught:
        write_whole(file, b"new", overwrite=False)
    assert "--overwrite" in str(caught.value)
    assert file.read_text() == "old"
    write_whole(file, b"new", overwrite=True)
    assert file.read_text() == "new"


def test_a_file_that_appears_meanwhile_stays(tmp_path, monkeypatch):
    file = tmp_path / "a.html"
    monkeypatch.setattr("kedrec.common.new_files.check_writable", lambda path, overwrite: None)
    file.write_text("another's")
    with pytest.raises(UsageError, match="is there already"):
        write_whole(file, b"new", overwrite=False)
    assert file.read_text() == "another's"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_system_without_hard_links_will_do(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError(1, "not permitted")

    monkeypatch.setattr("pathlib.Path.hardlink_to", refuse)
    file = tmp_path / "a.html"
    write_whole(file, b"new", overwrite=False)
    assert file.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("name", "says"),
    [("no/a.html", "There is no folder"), (".", "is a folder"), ("f/a.html", "There is no folder")],
)
def test_a_place_that_cant_be_is_said_before_any_work(tmp_path, name, says):
    (tmp_path / "f").write_text("a file")
    with pytest.raises(UsageError, match=says):
        check_writable(tmp_path / name, overwrite=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_of_others_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="Nothing can be written"):
        check_writable(tmp_path / "a.html", overwrite=False)


def test_a_dangling_link_is_a_file(tmp_path):
    (tmp_path / "a.html").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="is there already"):
        check_writable(tmp_path / "a.html", overwrite=False)


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kedrec.common.new_files.write_private", full)
    with pytest.raises(UsageError, match="No space left"):
        write_whole(tmp_path / "a.html", b"new", overwrite=False)
    assert not list(tmp_path.iterdir())
