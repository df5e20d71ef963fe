"""Reads sources that are tables: their files into DuckDB, then the source's own SQL over them."""

from __future__ import annotations

import json
from pathlib import Path

from kedrec.assets import asset_text
from kedrec.errors import DataError
from kedrec.loading.sources import FileSpec, Source, find_files
from kedrec.loading.staging import Progress, Staging

__all__ = ["read_tables"]


def _read_json(staging: Staging, spec: FileSpec, path: Path) -> None:
    """An object of lists of strings as a table (file, line, key, items)."""
    import pyarrow as pa

    number, plain, _ = staging.unpacked(path)
    try:
        content = json.loads(plain.read_text(encoding="utf-8"))
        table = pa.table(
            {
                "file": pa.array([number] * len(content), pa.int32()),
                "line": pa.array([1] * len(content), pa.int32()),
                "key": pa.array(list(content), pa.string()),
                "items": pa.array(list(content.values()), pa.list_(pa.string())),
            }
        )
    except (ValueError, TypeError, AttributeError, pa.ArrowException) as error:
        raise DataError(
            f"{path} is not a JSON object of lists of words: {error}.", "Get the file again."
        ) from error
    staging.sql.register("json_rows", table)
    staging.sql.execute(f'CREATE TEMP TABLE "{spec.name}" AS SELECT * FROM json_rows')  # noqa: S608  # a declared name
    staging.sql.unregister("json_rows")
    staging.read[spec.rows] += len(content)


def read_tables(staging: Staging, source: Source, folder: Path, progress: Progress) -> None:
    """Reads every file of a source and maps it by `loaders/<name>.sql`.

    Raises:
        DataError: a file is missing, damaged or in another layout.
    """
    found = {spec.name: find_files(source, spec, folder) for spec in source.files}
    total = sum(len(paths) for paths in found.values())
    stage, done = f"Reading {source.name}", 0
    for spec in source.files:
        if not found[spec.name]:
            if spec.format == "json-lists":
                staging.sql.execute(f'CREATE TEMP TABLE "{spec.name}" (key VARCHAR, items VARCHAR[])')
            else:
                staging.empty(spec.name, spec.columns)
        for path in found[spec.name]:
            progress(stage, done, total)
            if spec.format == "json-lists":
                _read_json(staging, spec, path)
            else:
                staging.read_lines(spec.name, spec.rows, path, spec.columns)
            done += 1
    progress(stage, done, total)
    staging.sql.execute(asset_text(f"loaders/{source.name}.sql"))
    for spec in source.files:
        if spec.rows in ("nodes", "edges"):
            staging.sql.execute(
                f"INSERT INTO rejects SELECT '{spec.rows}', file, line, 'the mapping has no place for the row', '', NULL "  # noqa: S608  # declared names
                f'FROM "{spec.name}" ANTI JOIN {spec.rows[:-1]}_rows USING (file, line)'
            )
        staging.sql.execute(f'DROP TABLE "{spec.name}"')
