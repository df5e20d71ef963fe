"""Declarations of the sets of sources (`loaders/sets.yaml`), and a user's own ones in the same layout.

A set is a name for several sources in the order of loading. It may include other sets, whose sources come
before its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kedrec.common.assets import asset_path
from kedrec.common.regular_files import open_regular
from kedrec.common.yaml_text import load_yaml
from kedrec.errors import AssetError, DataError, UsageError
from kedrec.loading.licences import allowed_licences, known_licences
from kedrec.loading.sources import SETS_FILE, list_sources
from kedrec.stores.overlay_names import is_private

__all__ = ["Selection", "SourceSet", "json_schema", "list_sets", "select_sources"]

_NAME = r"^[a-z0-9][a-z0-9-]*$"
_LONGEST_FILE = 1 << 16
"""Bytes; a longer file is no list of sets."""


class SourceSet(BaseModel):
    """A named set of sources.

    Attributes:
        name: its name, by which `kedrec-load graph` loads it.
        title: its title.
        purpose: its use, in a sentence or two.
        include: sets whose sources are loaded before its own.
        sources: its own sources, in the order of loading.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=_NAME)
    title: str = Field(min_length=1)
    purpose: str = ""
    include: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


class _SetFile(BaseModel):
    """Content of a file of sets."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Sets of sources")

    sets: tuple[SourceSet, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """Sources to load, from names of sources and sets.

    Attributes:
        sources: names of the sources in the order of loading, each once.
        sets: names of the sets among the given names.
        unlicensed: sources of the sets whose own licence doesn't allow the requested uses, with that licence.
    """

    sources: tuple[str, ...]
    sets: tuple[str, ...] = ()
    unlicensed: Mapping[str, str] = field(default_factory=dict)


def json_schema() -> dict[str, Any]:
    """JSON Schema of a file of sets, as `loaders/sets.schema.json` has it."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_SetFile.model_json_schema()}


def _read(path: Path) -> tuple[SourceSet, ...]:
    """Reads a file of sets.

    Raises:
        DataError: it is unreadable, no YAML, or not in the layout.
    """
    hint = f"Correct {path}; docs/sets.md shows the layout."
    with open_regular(path) as file:
        text = file.read(_LONGEST_FILE + 1)
    if len(text) > _LONGEST_FILE:
        raise DataError(f"{path} is too long for a list of sets.", hint)
    try:
        content = load_yaml(text.decode())
        return _SetFile.model_validate(content).sets
    except UnicodeDecodeError as error:
        raise DataError(f"The sets in {path} can't be read: it isn't UTF-8.", hint) from error
    except yaml.YAMLError as error:
        raise DataError(f"{path} is no YAML: {' '.join(str(error).split())}.", hint) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise DataError(f"{path} declares no sets: {where}: {first['msg']}.", hint) from error


@cache
def _shipped() -> dict[str, SourceSet]:
    try:
        return _checked(_read(asset_path(f"loaders/{SETS_FILE}")), {}, f"loaders/{SETS_FILE}")
    except DataError as error:
        raise AssetError(
            f"loaders/{SETS_FILE} is damaged: {error.what}", "Install the package again."
        ) from error


def _checked(sets: Sequence[SourceSet], others: Mapping[str, SourceSet], origin: str) -> dict[str, SourceSet]:
    """Sets by name, after those of `others`.

    Raises:
        DataError: a name is taken, or a set names what is not declared, the same source twice, or itself.
    """
    hint = f"Correct {origin}. `kedrec-load sources` lists the sources and sets."
    sources = {source.name for source in list_sources()}
    by_name = dict(others)
    for one in sets:
        if one.name in by_name or one.name in sources:
            what = "set" if one.name in by_name else "source"
            raise DataError(f"The set '{one.name}' in {origin} has the name of another {what}.", hint)
        by_name[one.name] = one
    for one in sets:
        for kind, names, known in (("source", one.sources, sources), ("set", one.include, by_name)):
            unknown = [name for name in names if name not in known]
            if unknown:
                raise DataError(
                    f"The set '{one.name}' in {origin} names the {kind} '{unknown[0]}', which doesn't exist.",
                    hint,
                )
            double = [name for position, name in enumerate(names) if name in names[:position]]
            if double:
                raise DataError(
                    f"The set '{one.name}' in {origin} names the {kind} '{double[0]}' twice.", hint
                )
        cycle = _cycle(one.name, by_name, ())
        if cycle:
            raise DataError(f"The sets in {origin} include each other: {' > '.join(cycle)}.", hint)
        if not _members(one.name, by_name):
            raise DataError(f"The set '{one.name}' in {origin} has no source.", hint)
    return by_name


def _cycle(name: str, sets: Mapping[str, SourceSet], path: tuple[str, ...]) -> tuple[str, ...]:
    """Names of sets from one back to itself, starting at `name`; empty if there is no cycle."""
    if name in path:
        return (*path[path.index(name) :], name)
    paths = (_cycle(other, sets, (*path, name)) for other in sets[name].include if other in sets)
    return next((cycle for cycle in paths if cycle), ())


def _members(name: str, sets: Mapping[str, SourceSet]) -> tuple[str, ...]:
    """Sources of a set and of those that it includes, in order, each once."""
    included = [source for other in sets[name].include for source in _members(other, sets)]
    return tuple(dict.fromkeys([*included, *sets[name].sources]))


def list_sets(*files: Path) -> dict[str, SourceSet]:
    """Lists the sets that ship with KEDRec and those of the user's files, each with all of its sources.

    Args:
        files: files of the user's own sets.

    Raises:
        DataError: a file is unreadable, or declares something that can't be.
    """
    sets = _shipped()
    for file in files:
        sets = _checked(_read(file), sets, str(file))
    return {name: one.model_copy(update={"sources": _members(name, sets)}) for name, one in sets.items()}


def select_sources(
    names: Sequence[str], files: Sequence[Path] = (), licences: Sequence[str] = ()
) -> Selection:
    """Looks up sources by the names of sources and sets.

    A source of a set whose own licence is known and doesn't allow the uses is left out. One that is named
    itself is loaded all the same: its edges are filtered one by one.

    Args:
        names: names of sources and sets.
        files: files of the user's own sets.
        licences: uses or licences that edges are filtered by (`graph/licences.yaml`).

    Raises:
        UsageError: there is no such source or set, use or licence.
        DataError: a file of sets can't be used.
    """
    sources = {source.name: source for source in list_sources()}
    needs_sets = any(name not in sources and not is_private(name) for name in names)
    sets = list_sets(*files) if needs_sets else {}
    allowed = set(allowed_licences(licences)) if licences else None
    known = known_licences().allows
    chosen: dict[str, None] = {}
    unlicensed: dict[str, str] = {}
    for name in names:
        if name in sources or is_private(name):
            chosen[name] = None
        elif name in sets:
            for member in sets[name].sources:
                licence = sources[member].licence
                if allowed is not None and licence in known and licence not in allowed:
                    unlicensed[member] = licence
                else:
                    chosen[member] = None
        else:
            raise UsageError(
                f"There is no source or set '{name}'.",
                f"The sources are {', '.join(sources)}; the sets are {', '.join(sets)}.",
            )
    left_out = {name: licence for name, licence in unlicensed.items() if name not in chosen}
    return Selection(tuple(chosen), tuple(name for name in names if name in sets), left_out)
