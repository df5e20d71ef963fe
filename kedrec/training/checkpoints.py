"""Checkpoints of a training: which are complete, and whether they belong to the same training.

A checkpoint's mark is written when all its files are, so that one cut short by a kill is never resumed from.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.common.checked_files import cached_sha256, replacement_file, sha256_of
from kedrec.errors import UsageError
from kedrec.training.recipe import Checkpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.training.instruction import Instruction
    from kedrec.training.recipe import TrainingRecipe

__all__ = ["folder", "identity", "last", "mark_complete", "measurements"]

_MARK = "kedrec.json"
_MEASURED = "measurements.json"
_NAME = re.compile(r"checkpoint-(\d+)")


def folder(out: Path) -> Path:
    """The folder of the checkpoints that a training resumes from."""
    return out / "resumable"


def identity(
    examples: Sequence[Instruction],
    tests: Sequence[Instruction],
    base: Path,
    recipe: TrainingRecipe,
    start: Path | None = None,
) -> dict[str, str]:
    """SHA-256 of everything a training depends on, by part: base, start, examples, recipe."""
    weights = sorted(base.glob("*.safetensors")) if base.is_dir() else [base]
    hashes = [cached_sha256(file) for file in weights]
    rows = [
        [[(message.role, message.content) for message in row.messages], row.target, row.group, row.right]
        for row in (*examples, *tests)
    ]
    settings = {name: value for name, value in asdict(recipe).items() if name != "threads"}
    return {
        "base": hashes[0] if len(hashes) == 1 else _digest(hashes),
        "examples": _digest(rows),
        "recipe": _digest(settings),
        "start": "" if start is None else _adapter_sha256(start),
    }


def _adapter_sha256(folder: Path) -> str:
    """Hash of an adapter's weights; "" where there are none, which opening it will say."""
    try:
        return sha256_of(folder / "adapter_model.safetensors")
    except OSError:
        return ""


def last(out: Path, parts: dict[str, str]) -> Path | None:
    """The last complete checkpoint of a training; None without one. Incomplete ones are removed.

    Raises:
        UsageError: the checkpoints are of another training.
    """
    complete: dict[int, Path] = {}
    for path in folder(out).glob("checkpoint-*"):
        step = _NAME.fullmatch(path.name)
        try:
            recorded = json.loads((path / _MARK).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            shutil.rmtree(path, ignore_errors=True)
            continue
        if recorded != parts:
            differing = ", ".join(name for name in parts if recorded.get(name) != parts[name])
            raise UsageError(
                f"{out} has checkpoints of another training: its {differing} differs.",
                "Name another --out, or remove that folder.",
            )
        if step:
            complete[int(step[1])] = path
    return complete[max(complete)] if complete else None


def measurements(path: Path | None) -> list[Checkpoint]:
    """The measurements at a complete checkpoint and those before it; [] without one."""
    if path is None:
        return []
    try:
        rows = json.loads((path / _MEASURED).read_text(encoding="utf-8"))
        return [Checkpoint(**{**row, "samples": tuple(row["samples"])}) for row in rows]
    except (OSError, ValueError, TypeError, KeyError):
        return []  # of a checkpoint that wrote none


def mark_complete(out: Path, step: int, parts: dict[str, str], measured: Sequence[Checkpoint] = ()) -> None:
    """Marks a checkpoint as complete, with the measurements so far."""
    path = folder(out) / f"checkpoint-{step}"
    with replacement_file(path / _MEASURED) as part:
        part.write_text(json.dumps([asdict(one) for one in measured]) + "\n", encoding="utf-8")
    with replacement_file(path / _MARK) as part:
        part.write_text(json.dumps(parts) + "\n", encoding="utf-8")


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
