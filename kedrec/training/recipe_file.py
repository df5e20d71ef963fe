"""Reads a training's configuration from a YAML file."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from kedrec.common.yaml_text import load_yaml
from kedrec.errors import UsageError
from kedrec.training.recipe import TrainingRecipe

__all__ = ["read_recipe"]


def read_recipe(path: Path | None, *, seed: int, threads: int) -> TrainingRecipe:
    """The recipe of a file, its keys the fields of `TrainingRecipe`; without a file, the defaults.

    Args:
        path: the file, or None.
        seed, threads: used where the file has none.

    Raises:
        UsageError: the file can't be read, or has an unknown key or a value of another type.
    """
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = load_yaml(path.read_text(encoding="utf-8")) or {}
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise UsageError(
                f"The configuration {path} can't be read: {error}.", "Give a YAML file."
            ) from error
    types = {one.name: type(one.default) for one in fields(TrainingRecipe)}
    if not isinstance(values, dict):
        raise UsageError(
            f"The configuration {path} has no keys.", f"Write NAME: VALUE, of {', '.join(types)}."
        )
    unknown = ", ".join(str(name) for name in values if name not in types)
    if unknown:
        raise UsageError(f"The configuration {path} has unknown keys: {unknown}.", f"Use {', '.join(types)}.")
    for name, value in values.items():
        number = types[name] is float and isinstance(value, int) and not isinstance(value, bool)
        if type(value) is not types[name] and not number:
            raise UsageError(
                f"'{name}' of the configuration {path} is {value!r}, no {types[name].__name__}.",
                "Correct it.",
            )
    return TrainingRecipe(**{"seed": seed, "threads": threads, **values})
