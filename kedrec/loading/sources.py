"""The declared sources: what `loaders/*.yaml` say of each, and where their files are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from kedrec.assets import asset_path, list_assets
from kedrec.errors import AssetError, DataError, UsageError

__all__ = ["FileSpec", "Source", "find_files", "list_sources", "load_source", "source_folder"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Rows = Literal["nodes", "edges", "attributes"]


@dataclass(frozen=True, slots=True)
class FileSpec:
    """A table of a source.

    Attributes:
        name: its name in the mapping.
        paths: patterns under the source's folder, in order; the first that matches is the layout used.
        columns: columns that the mapping reads; further ones are allowed.
        rows: whether its rows are nodes, edges or attributes of them.
        optional: whether the source loads without it.
        format: `tsv` with a header line, or `json-lists`, an object of lists.
    """

    name: str
    paths: tuple[str, ...]
    columns: tuple[str, ...] = ()
    rows: Rows = "attributes"
    optional: bool = False
    format: str = "tsv"


@dataclass(frozen=True, slots=True)
class Source:
    """A source that can be loaded.

    Attributes:
        name: its id, on every edge it brings.
        title, homepage, licence, version, brings: for people.
        rank: of two sources, the one with the smaller rank decides a shared node's name and kind.
        reader: which reader of this package reads its files.
        obtain: where its files come from, as a sentence.
        files: its tables.
        mapping: the whole declaration, for readers with keys of their own.
    """

    name: str
    title: str
    homepage: str
    licence: str
    version: str
    brings: str
    rank: int
    reader: str
    obtain: str
    files: tuple[FileSpec, ...]
    mapping: dict[str, Any]


def _file(name: str, fields: dict[str, Any]) -> FileSpec:
    return FileSpec(
        name=name,
        paths=tuple(fields["paths"]),
        columns=tuple(fields.get("columns", ())),
        rows=fields.get("rows", "attributes"),
        optional=bool(fields.get("optional", False)),
        format=fields.get("format", "tsv"),
    )


def _parse(path: Path) -> Source:
    try:
        fields = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506  # a safe loader
        return Source(
            name=fields["name"],
            title=fields["title"],
            homepage=fields.get("homepage", ""),
            licence=fields["licence"],
            version=str(fields["version"]),
            brings=" ".join(fields["brings"].split()),
            rank=int(fields["rank"]),
            reader=fields["reader"],
            obtain=" ".join(fields.get("obtain", "").split()),
            files=tuple(_file(name, spec) for name, spec in fields.get("files", {}).items()),
            mapping=fields,
        )
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise AssetError(
            f"loaders/{path.name} is damaged: {error!r}.", "Install the package again."
        ) from error


@cache
def _declared() -> dict[str, Source]:
    sources = sorted(
        (_parse(path) for path in list_assets("loaders", ".yaml")), key=lambda source: source.rank
    )
    return {source.name: source for source in sources}


def list_sources() -> tuple[Source, ...]:
    """Every source that can be loaded, the one with the smallest rank first."""
    return tuple(_declared().values())


def load_source(name: str) -> Source:
    """A source by its name.

    Raises:
        UsageError: there is no such source.
    """
    try:
        return _declared()[name]
    except KeyError:
        raise UsageError(
            f"There is no source '{name}'.", f"The sources are {', '.join(_declared())}."
        ) from None


def source_folder(source: Source, data_dir: Path | None) -> Path:
    """The folder of a source's files: `data_dir/<name>` where that exists, else `data_dir` itself.

    Raises:
        DataError: no folder was given, or it doesn't exist.
    """
    if source.reader == "starter":
        return asset_path("graph/starter")
    if data_dir is None:
        raise DataError(
            f"The source '{source.name}' is read from files, and no folder was given.",
            f"{source.obtain} Then name their folder with --from DIR.",
        )
    if not data_dir.is_dir():
        raise DataError(f"There is no folder {data_dir}.", "Give the folder that holds the source's files.")
    own = data_dir / source.name
    return own if own.is_dir() else data_dir


def find_files(source: Source, spec: FileSpec, folder: Path) -> Sequence[Path]:
    """The files of a table, sorted; none where it is optional and missing.

    Raises:
        DataError: a table that must be there is missing.
    """
    for pattern in spec.paths:
        found = sorted(path for path in folder.glob(pattern) if path.is_file())
        if found:
            return found
    if spec.optional:
        return ()
    raise DataError(
        f"The source '{source.name}' needs {' or '.join(spec.paths)} in {folder}, and it isn't there.",
        source.obtain,
    )
