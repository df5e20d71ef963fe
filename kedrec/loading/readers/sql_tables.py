"""Reads sources that are tables: their files into DuckDB, then the source's own SQL over them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.common.assets import asset_text
from kedrec.errors import DataError
from kedrec.loading.known_entities import define_names
from kedrec.loading.readers.delimited import empty_table, read_delimited, read_parquet
from kedrec.loading.readers.pg_dump import take_tables
from kedrec.loading.sources import FileSpec, Source, find_files, unread_files

if TYPE_CHECKING:
    from kedrec.loading.staging import Progress, Staging

__all__ = ["read_tables"]


def _read_json(staging: Staging, spec: FileSpec, path: Path) -> None:
    """An object of lists of strings as a table (file, line, key, items)."""
    number, plain, _ = staging.unpack(path)
    try:
        content = json.loads(plain.read_text(encoding="utf-8"))
        fits = all(isinstance(word, str) for words in content.values() for word in words)
    except (ValueError, TypeError, AttributeError):
        fits = False
    if not fits:
        raise DataError(f"{path} is not a JSON object of lists of words.", "Get the file again.")
    staging.create_table(
        spec.name,
        {
            "file": [number] * len(content),
            "line": [1] * len(content),
            "key": list(content),
            "items": list(content.values()),
        },
    )
    staging.rows_read[spec.rows] += len(content)


def _undumped(
    staging: Staging, source: Source, folder: Path, progress: Progress
) -> dict[str, Sequence[Path]]:
    """Each table's files; what is a dump of a database gives way to the tables taken out of it."""
    found = {spec.name: find_files(source, spec, folder) for spec in source.files}
    staging.unread += unread_files(folder, [path for paths in found.values() for path in paths])
    dumps: dict[Path, dict[str, Path]] = {}
    for spec in source.files:
        paths = found[spec.name]
        if spec.dump and paths and ".sql" in paths[0].suffixes:
            target = staging.folder / f"{spec.dump}.csv"
            dumps.setdefault(paths[0], {})[spec.dump] = target
            found[spec.name] = [target]
    for path, targets in dumps.items():
        take_tables(path, targets, progress)
    return found


def read_tables(staging: Staging, source: Source, folder: Path, progress: Progress) -> None:
    """Reads every file of a source and maps it by `loaders/<name>.sql`.

    Raises:
        DataError: a file is missing, damaged or in another layout.
    """
    found = _undumped(staging, source, folder, progress)
    total = sum(len(paths) for paths in found.values())
    stage, done = f"Reading {source.name}", 0
    for spec in source.files:
        if not found[spec.name]:
            if spec.format == "json-lists":
                staging.sql.execute(f'CREATE TEMP TABLE "{spec.name}" (key VARCHAR, items VARCHAR[])')
            else:
                empty_table(staging, spec)
        for path in found[spec.name]:
            progress(stage, done, total)
            if spec.format == "json-lists":
                _read_json(staging, spec, path)
            elif spec.format == "parquet":
                read_parquet(staging, spec, path)
            else:
                read_delimited(staging, spec, path)
            done += 1
    progress(stage, done, total)
    define_names(staging)
    staging.sql.execute(asset_text(f"loaders/{source.name}.sql"))
    for spec in source.files:
        if spec.rows in ("nodes", "edges"):
            staging.sql.execute(
                f"INSERT INTO rejects SELECT '{spec.rows}', file, line, "  # noqa: S608  # declared names
                "'the mapping has no place for the row', '', NULL "
                f'FROM "{spec.name}" ANTI JOIN {spec.rows[:-1]}_rows USING (file, line) '
                f"ANTI JOIN rejects USING (file, line)"
            )
        staging.sql.execute(f'DROP TABLE "{spec.name}"')
    # A row of edges may tell of its nodes too, and one of nodes of edges: what is counted is what was said.
    for part in ("nodes", "edges"):
        rejected = staging.count("rejects", f"part = '{part}'")
        staging.rows_read[part] = staging.count(f"{part[:-1]}_rows") + rejected
