"""Declarations of the sources (`loaders/*.yaml`), and lookup of their files."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from kedrec.common.assets import asset_path, list_assets
from kedrec.common.yaml_text import load_yaml
from kedrec.errors import AssetError, DataError, UsageError
from kedrec.loading.node_records import TRUST
from kedrec.stores.overlay_names import is_private, overlay_name, overlay_source

__all__ = [
    "OWN_SOURCE",
    "SETS_FILE",
    "Download",
    "FileSpec",
    "Source",
    "find_archives",
    "find_files",
    "list_sources",
    "load_source",
    "source_folder",
    "source_subfolder",
    "unread_files",
]

OWN_SOURCE = "kedrec"
"""Name of the source of a user's own tables."""
SETS_FILE = "sets.yaml"
"""File beside the declarations of the sources, with the sets of sources."""
_LISTED_FILES = 10
"""Number of unread files that are listed by name."""
_TABLES = frozenset({".tsv", ".csv", ".parquet", ".jsonl", ".gz"})
_OWN_FILES = frozenset({"kedrec.json", "rejects.tsv"})
"""Files that KEDRec itself writes beside a source's files."""
Rows = Literal["nodes", "edges", "attributes"]


@dataclass(frozen=True, slots=True)
class FileSpec:
    """A table of a source.

    Attributes:
        name: its name in the mapping.
        paths: patterns under the source's folder, in order; the first that matches any file is used.
        columns: columns that the mapping needs; further ones are allowed.
        more: optional columns of the mapping; NULL if the file lacks them.
        header: names of the columns if the file has no header line.
        comment: beginning of the lines before the header that tell of the file; "" if there are none.
        rows: content of its rows: nodes, edges or attributes of them.
        optional: True if the source loads without it.
        format: `tsv` (no quoting), `csv` (comma, quotes), `quoted-tsv` (tab, quotes), `by-suffix` (`csv` or
            `quoted-tsv` as the file is named), `parquet`, `json-lists`, an object of lists, or `obo`, an
            ontology, which becomes nodes and IS_A before the mapping's SQL.
        dump: the table's full name in a PostgreSQL dump, where `paths` may be one (`.sql`, packed or not).
    """

    name: str
    paths: tuple[str, ...]
    columns: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    comment: str = ""
    rows: Rows = "attributes"
    optional: bool = False
    format: str = "tsv"
    dump: str = ""


@dataclass(frozen=True, slots=True)
class Download:
    """A file of a source on the web.

    Attributes:
        url: its address.
        path: file name in the source's folder.
        sha256: SHA-256 of a fixed release, in hexadecimal; "" if one of the next two gives a reason.
        rolling: reason why its content changes at the same address.
        unhashed: reason why the SHA-256 of a fixed release is unknown; later downloads are compared with the
            first one.
        members: patterns of the files to extract, if it is an archive (tar, zip).
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
        name: its id, stored on every edge.
        title, homepage, licence, version, brings: descriptions for the user.
        rank: priority; of two sources, the one with the smaller rank decides a shared node's name and kind.
        reader: name of the reader of its files in `READERS`.
        obtain: how to get its files, as a sentence.
        size: size of its download, in words.
        date: date of its release, or "rolling".
        downloads: its files on the web; empty if its owner requires a registration or the user has the files.
        files: its tables.
        archives: patterns of archives that may hold its tables, if they don't lie in the folder themselves.
        known: True if its edges may name entities by ids or names of the graph: `PREFIX:LOCAL`,
            `Kind/PREFIX:LOCAL` or `name:Kind/normal name|PREFIX:LOCAL|another name`.
        same_names: kinds whose nodes are joined by name with nodes of the graph if they share no id.
        folders: further names of its folder, after its own, where a publisher's files serve several sources.
        names: prefixes of the vocabularies whose own wordings it gives.
        xrefs: what its cross-references are worth, a key of `identity.TRUST`.
        bundled: the folder of its files among KEDRec's own files; "" for files from elsewhere.
        brings_nodes: False if its nodes only add names and ids to those that other sources bring.
        mapping: the complete declaration, for readers with keys of their own.
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
    archives: tuple[str, ...]
    known: bool
    same_names: tuple[str, ...]
    folders: tuple[str, ...]
    names: tuple[str, ...]
    xrefs: str
    bundled: str
    brings_nodes: bool
    mapping: dict[str, Any]

    @property
    def own_prefix(self) -> str:
        """Prefix of an ontology's own ids; "" for a source without an ontology."""
        return str(self.mapping.get("prefix", ""))


def _file(name: str, fields: dict[str, Any]) -> FileSpec:
    return FileSpec(
        name=name,
        paths=tuple(fields["paths"]),
        columns=tuple(fields.get("columns", ())),
        more=tuple(fields.get("more", ())),
        header=tuple(fields.get("header", ())),
        comment=fields.get("comment", ""),
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


def _trust(word: str) -> str:
    if word not in TRUST:
        raise ValueError(f"xrefs is {word!r}, which is none of {', '.join(TRUST)}")
    return word


def _parse(path: Path) -> Source:
    try:
        fields = load_yaml(path.read_text(encoding="utf-8"))
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
            archives=tuple(fields.get("archives", ())),
            known=bool(fields.get("known", False)),
            same_names=tuple(fields.get("same_names", ())),
            folders=tuple(fields.get("folders", ())),
            names=tuple(fields.get("names", ())),
            xrefs=_trust(fields.get("xrefs", "listed")),
            bundled=fields.get("bundled", ""),
            brings_nodes=bool(fields.get("brings_nodes", True)),
            mapping=fields,
        )
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise AssetError(
            f"loaders/{path.name} is damaged: {error!r}.", "Install the package again."
        ) from error


@cache
def _declared() -> dict[str, Source]:
    sources = sorted(
        (_parse(path) for path in list_assets("loaders", ".yaml") if path.name != SETS_FILE),
        key=lambda source: source.rank,
    )
    return {source.name: source for source in sources}


def list_sources() -> tuple[Source, ...]:
    """Lists every source that can be loaded, by rank."""
    return tuple(_declared().values())


def load_source(name: str) -> Source:
    """Looks up a source by name; `overlay:NAME` is the source of a user's own tables under that name.

    Raises:
        UsageError: there is no such source.
    """
    if is_private(name):
        overlay_source(overlay_name(name))
        return replace(_declared()[OWN_SOURCE], name=name, title="Private overlay", licence="private")
    try:
        return _declared()[name]
    except KeyError:
        raise UsageError(
            f"There is no source '{name}'.", f"The sources are {', '.join(_declared())}."
        ) from None


def source_folder(source: Source, data_dir: Path | None) -> Path:
    """Folder of a source's files: `data_dir/<name>`, or another name of its folder, else `data_dir` itself.

    For a user's own tables it may be one file.

    Raises:
        DataError: no folder was given, or it doesn't exist.
    """
    if source.bundled:
        return asset_path(source.bundled)
    if data_dir is None:
        raise DataError(
            f"The source '{source.name}' is read from files, and no folder was given.",
            f"{source.obtain} Then name their folder with --from DIR.",
        )
    if source.reader == "private" and data_dir.is_file():
        return data_dir
    if not data_dir.is_dir():
        raise DataError(f"There is no folder {data_dir}.", "Give the folder that holds the source's files.")
    return source_subfolder(source, data_dir) or data_dir


def source_subfolder(source: Source, data_dir: Path) -> Path | None:
    """Subfolder of a source's files, by its name or another of its folder's names; None if there is none."""
    subfolders = (data_dir / name for name in (source.name, *source.folders))
    return next((folder for folder in subfolders if folder.is_dir()), None)


def unread_files(folder: Path, read: Collection[Path]) -> list[str]:
    """Lists the names of the files in a source's folder that aren't read, sorted.

    Folders are ignored unless they are named like a table, and so are files whose names begin with a dot.
    """
    names = []
    for path in sorted(folder.iterdir()):
        irregular = not path.is_file()
        ignored = path.is_dir() and path.suffix not in _TABLES
        if path in read or ignored or path.name.startswith(".") or path.name in _OWN_FILES:
            continue
        names.append(f"{path.name} (no regular file)" if irregular else path.name)
    more = len(names) - _LISTED_FILES
    return names if more <= 0 else [*names[:_LISTED_FILES], f"{more} more files"]


def find_archives(source: Source, folder: Path) -> list[Path]:
    """Finds the archives in a folder that may hold the source's tables, sorted."""
    return sorted({path for pattern in source.archives for path in folder.glob(pattern) if path.is_file()})


def find_files(source: Source, spec: FileSpec, folder: Path) -> Sequence[Path]:
    """Finds the files of a table, sorted; none if it is optional and missing.

    Raises:
        DataError: a required table is missing.
    """
    for pattern in spec.paths:
        matches = sorted(path for path in folder.glob(pattern) if path.is_file())
        if matches:
            return matches
    if spec.optional:
        return ()
    irregular = [path.name for pattern in spec.paths for path in folder.glob(pattern)]
    others = ", ".join(unread_files(folder, ())) if folder.is_dir() else ""
    why = f"and it isn't there (the folder has {others})" if others else "and it isn't there"
    if irregular:
        why = f"and {irregular[0]} is no regular file"
    raise DataError(
        f"The source '{source.name}' needs {' or '.join(spec.paths)} in {folder}, {why}.",
        source.obtain,
    )
