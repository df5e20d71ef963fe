"""The declared sources: what `loaders/*.yaml` say of each, and where their files are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from kedrec.common.assets import asset_path, list_assets
from kedrec.errors import AssetError, DataError, UsageError
from kedrec.stores.overlay_names import is_private, overlay_of, overlay_source

__all__ = [
    "OWN",
    "Download",
    "FileSpec",
    "Source",
    "find_files",
    "list_sources",
    "load_source",
    "source_folder",
    "unread_files",
]

OWN = "kedrec"
"""The source that a user's own tables are."""
_NAMED = 10
"""Unread files that are named."""
_TABLES = frozenset({".tsv", ".csv", ".parquet", ".jsonl", ".gz"})
_NOTES = frozenset({"kedrec.json", "rejects.tsv"})
"""What KEDRec itself puts beside a source's files."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Rows = Literal["nodes", "edges", "attributes"]


@dataclass(frozen=True, slots=True)
class FileSpec:
    """A table of a source.

    Attributes:
        name: its name in the mapping.
        paths: patterns under the source's folder, in order; the first that matches is the layout used.
        columns: columns that the mapping reads; further ones are allowed.
        more: columns that the mapping reads where the file has them; NULL where it hasn't.
        header: the columns' names where the file has no header line.
        rows: whether its rows are nodes, edges or attributes of them.
        optional: whether the source loads without it.
        format: `tsv` (no quoting), `csv` (comma, quotes), `quoted-tsv` (tab, quotes), `by-suffix` (`csv` or
            `quoted-tsv` as the file is named), `parquet`, or `json-lists`, an object of lists.
        dump: the table's full name in a PostgreSQL dump, where `paths` may be one (`.sql`, packed or not).
    """

    name: str
    paths: tuple[str, ...]
    columns: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    rows: Rows = "attributes"
    optional: bool = False
    format: str = "tsv"
    dump: str = ""


@dataclass(frozen=True, slots=True)
class Download:
    """A file of a source on the web.

    Attributes:
        url: where it is.
        path: where it goes in the source's folder.
        sha256: its SHA-256 in hexadecimal, of a fixed release; "" where one of the next two says why not.
        rolling: why its content changes while its address stays.
        unhashed: why the SHA-256 of a fixed release isn't known; the one of the first download counts then.
        members: patterns of the files to take out of it, where it is an archive (tar, zip).
    """

    url: str
    path: str
    sha256: str = ""
    rolling: str = ""
    unhashed: str = ""
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A source that can be loaded.

    Attributes:
        name: its id, on every edge it brings.
        title, homepage, licence, version, brings: for people.
        rank: of two sources, the one with the smaller rank decides a shared node's name and kind.
        reader: which reader of this package reads its files.
        obtain: where its files come from, as a sentence.
        size: how large its download is, in words.
        date: of its release, or "rolling".
        downloads: its files on the web; none where its owner wants a registration or the user has it.
        files: its tables.
        known: whether its edges may name entities by ids or names that the graph has: `PREFIX:LOCAL`,
            `Kind/PREFIX:LOCAL` or `name:Kind/normal name|another`.
        same_names: kinds whose nodes are those of the graph that have the same name, where ids don't tell.
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
    size: str
    date: str
    downloads: tuple[Download, ...]
    files: tuple[FileSpec, ...]
    known: bool
    same_names: tuple[str, ...]
    mapping: dict[str, Any]

    @property
    def own_prefix(self) -> str:
        """The prefix of an ontology's own ids; "" of any other source."""
        return str(self.mapping["prefix"]) if self.reader == "ontology" else ""


def _file(name: str, fields: dict[str, Any]) -> FileSpec:
    return FileSpec(
        name=name,
        paths=tuple(fields["paths"]),
        columns=tuple(fields.get("columns", ())),
        more=tuple(fields.get("more", ())),
        header=tuple(fields.get("header", ())),
        rows=fields.get("rows", "attributes"),
        optional=bool(fields.get("optional", False)),
        format=fields.get("format", "tsv"),
        dump=fields.get("dump", ""),
    )


def _download(fields: dict[str, Any]) -> Download:
    if not fields["url"].startswith("https://"):
        raise ValueError(f"{fields['url']} isn't an address with https://")
    if sum(name in fields for name in ("sha256", "rolling", "unhashed")) != 1:
        raise ValueError(f"{fields['url']} needs one of sha256, rolling and unhashed")
    return Download(
        url=fields["url"],
        path=fields.get("path") or fields["url"].rpartition("/")[2],
        sha256=fields.get("sha256", ""),
        rolling=fields.get("rolling", ""),
        unhashed=fields.get("unhashed", ""),
        members=tuple(fields.get("members", ())),
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
            size=str(fields.get("size", "")),
            date=str(fields.get("date", "")),
            downloads=tuple(_download(entry) for entry in fields.get("downloads", ())),
            files=tuple(_file(name, spec) for name, spec in fields.get("files", {}).items()),
            known=bool(fields.get("known", False)),
            same_names=tuple(fields.get("same_names", ())),
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
    """A source by its name; an overlay is the user's own tables by the name `overlay:NAME`.

    Raises:
        UsageError: there is no such source.
    """
    if is_private(name):
        overlay_source(overlay_of(name))
        return replace(_declared()[OWN], name=name, title="Private overlay", licence="private")
    try:
        return _declared()[name]
    except KeyError:
        raise UsageError(
            f"There is no source '{name}'.", f"The sources are {', '.join(_declared())}."
        ) from None


def source_folder(source: Source, data_dir: Path | None) -> Path:
    """The folder of a source's files: `data_dir/<name>` where that exists, else `data_dir` itself.

    Of a user's own tables it may be one file.

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
    if source.reader == "private" and data_dir.is_file():
        return data_dir
    if not data_dir.is_dir():
        raise DataError(f"There is no folder {data_dir}.", "Give the folder that holds the source's files.")
    own = data_dir / source.name
    return own if own.is_dir() else data_dir


def unread_files(folder: Path, read: Collection[Path]) -> list[str]:
    """The files of a source's folder that are not among those that are read, by name, sorted.

    Folders, and files whose names begin with a dot, don't count; what is named as a table and is none does.
    """
    names = []
    for path in sorted(folder.iterdir()):
        odd = not path.is_file()
        passed = path.is_dir() and path.suffix not in _TABLES
        if path in read or passed or path.name.startswith(".") or path.name in _NOTES:
            continue
        names.append(f"{path.name} (no regular file)" if odd else path.name)
    return names if len(names) <= _NAMED else [*names[:_NAMED], f"{len(names) - _NAMED} more files"]


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
    odd = [path.name for pattern in spec.paths for path in folder.glob(pattern)]
    why = f"and {odd[0]} is no regular file" if odd else "and it isn't there"
    raise DataError(
        f"The source '{source.name}' needs {' or '.join(spec.paths)} in {folder}, {why}.",
        source.obtain,
    )
