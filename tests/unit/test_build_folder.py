"""The folder that a data set is built into: one builder at a time, whenever the others end."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from kedrec.dataset import build_folder as module
from kedrec.dataset.build_folder import BuildFolder
from kedrec.errors import StoreBusyError, UsageError


def test_a_finished_build_leaves_no_lock_and_holds_it_until_its_end(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    with BuildFolder(folder).locked() as building:
        (building.working / "pairs.jsonl").write_text("{}")
        building.finish()
        with pytest.raises(StoreBusyError), BuildFolder(folder).locked():
            pass
    assert list(folder.iterdir()) == []
    with BuildFolder(folder).locked():
        pass


def test_a_stopped_build_leaves_its_files(tmp_path: Path) -> None:
    with BuildFolder(tmp_path / "set").locked() as building:
        (building.working / "pairs.jsonl").write_text("{}")
    assert (tmp_path / "set" / ".building" / "pairs.jsonl").read_text() == "{}"


def test_a_lock_file_that_another_build_removed_is_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "set"
    lock, calls = module.lock_descriptor, []

    def after_another_build_ended(descriptor: int, *, blocking: bool) -> bool:
        if not calls:
            shutil.rmtree(folder / ".building")
        calls.append(descriptor)
        return lock(descriptor, blocking=blocking)

    monkeypatch.setattr(module, "lock_descriptor", after_another_build_ended)
    with BuildFolder(folder).locked():
        assert len(calls) == 2
        assert os.path.samestat(os.fstat(calls[1]), (folder / ".building" / "lock").stat())
        with pytest.raises(StoreBusyError), BuildFolder(folder).locked():
            pass


def test_a_data_set_that_another_build_finished_meanwhile_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "set"
    lock = module.lock_descriptor

    def after_another_build_ended(descriptor: int, *, blocking: bool) -> bool:
        (folder / "kedrec.json").write_text("{}")
        return lock(descriptor, blocking=blocking)

    monkeypatch.setattr(module, "lock_descriptor", after_another_build_ended)
    with pytest.raises(UsageError, match="already holds a data set"), BuildFolder(folder).locked():
        pass
    with BuildFolder(folder).locked(again=True):
        pass
