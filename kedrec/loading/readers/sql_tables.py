"""Reader of tabular sources: loads the files into DuckDB and maps them by the source's own SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.common.assets import asset_text
from kedrec.errors import DataError
from kedrec.loading.known_entities import define_normal_name
from kedrec.loading.readers.delimited import empty_table, read_delimited, read_parquet
from kedrec.loading.readers.ontology import read_terms
from kedrec.loading.readers.pg_dump import extract_tables
from kedrec.loading.sources import FileSpec, Source, find_files, unread_files

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.loading.staging import Staging

__all__ = ["read_tables"]


def _read_json(staging: Staging, spec: FileSpec, path: Path) -> None:
    """Reads an object of lists of strings into a table (file, line, key, items)."""
    number, plain, _ = staging.unpack(path)
    try:
        content = json.loads(plain.read_text(encoding="utf-8"))
        is_valid = all(isinstance(word, str) for words in content.values() for word in words)
    except (ValueError, TypeError, AttributeError):
        is_valid = False
    if not is_valid:
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


def _find_tables(
    staging: Staging, source: Source, folder: Path, progress: Progress
) -> dict[str, Sequence[Path]]:
    """Finds each table's files; replaces database dumps by the tables extracted from them."""
    paths_by_table = {spec.name: find_files(source, spec, folder) for spec in source.files}
    staging.unread += unread_files(folder, [path for paths in paths_by_table.values() for path in paths])
    dumps: dict[Path, dict[str, Path]] = {}
    for spec in source.files:
        paths = paths_by_table[spec.name]
        if spec.dump and paths and ".sql" in paths[0].suffixes:
            target = staging.folder / f"{spec.dump}.csv"
            dumps.setdefault(paths[0], {})[spec.dump] = target
            paths_by_table[spec.name] = [target]
    for path, targets in dumps.items():
        extract_tables(path, targets, progress)
    return paths_by_table


def _read_file(staging: Staging, source: Source, spec: FileSpec, path: Path, progress: Progress) -> None:
    if spec.format == "obo":
        read_terms(staging, source, path, progress)
    elif spec.format == "json-lists":
        _read_json(staging, spec, path)
    elif spec.format == "parquet":
        read_parquet(staging, spec, path)
    else:
        read_delimited(staging, spec, path)


def read_tables(staging: Staging, source: Source, folder: Path, progress: Progress) -> None:
    """Reads every file of a source and maps it by `loaders/<name>.sql`.

    Raises:
        DataError: a file is missing, damaged or in another layout.
    """
    paths_by_table = _find_tables(staging, source, folder, progress)
    total = sum(len(paths) for paths in paths_by_table.values())
    stage, done = f"Reading {source.name}", 0
    for spec in source.files:
        if not paths_by_table[spec.name]:
            if spec.format == "json-lists":
                staging.sql.execute(f'CREATE TEMP TABLE "{spec.name}" (key VARCHAR, items VARCHAR[])')
            else:
                empty_table(staging, spec)
        for path in paths_by_table[spec.name]:
            progress(stage, done, total)
            _read_file(staging, source, spec, path, progress)
            done += 1
    progress(stage, done, total)
    define_normal_name(staging)
    staging.sql.execute(asset_text(f"loaders/{source.name}.sql"))
    for spec in source.files:
        if spec.format == "obo":  # its terms are staged already
            continue
        if spec.rows in ("nodes", "edges"):
            staging.sql.execute(
                f"INSERT INTO rejects SELECT '{spec.rows}', file, line, "  # noqa: S608  # declared names
                "'the mapping has no place for the row', '', NULL "
                f'FROM "{spec.name}" ANTI JOIN {spec.rows[:-1]}_rows USING (file, line) '
                f"ANTI JOIN rejects USING (file, line)"
            )
        staging.sql.execute(f'DROP TABLE "{spec.name}"')
    # One row of a file may give nodes and edges, so the staged rows are counted, not those of the file.
    for part in ("nodes", "edges"):
        rejected = staging.count("rejects", f"part = '{part}'")
        staging.rows_read[part] = staging.count(f"{part[:-1]}_rows") + rejected
