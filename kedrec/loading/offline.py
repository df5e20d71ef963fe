"""Writes a graph as CSV files for Neo4j's import tool, and runs the tool.

The tool imports only into an empty database on a stopped server. It reads text quoted as in RFC 4180, lists
whose items are separated by a control character, and ids in the id space of their kind. It creates no
constraints: the store creates them when the graph is opened for the first time.
"""

from __future__ import annotations

import csv
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.common.private_files import private_folder
from kedrec.errors import DataError, NotFoundError, StoreError, UsageError
from kedrec.loading.pipeline import load_graph
from kedrec.loading.staging import staging_errors
from kedrec.stores.base import EDGE_COLUMNS, NODE_COLUMNS
from kedrec.stores.blobs import blob_rows
from kedrec.stores.bulk import BulkGraph, BulkTable
from kedrec.stores.marking import LABEL_PREFIX, MARK_PROPERTY

if TYPE_CHECKING:
    import pyarrow as pa

    from kedrec.common.progress import Progress
    from kedrec.loading.report import LoadReport

__all__ = ["ImportTool", "find_tool", "import_call", "load_csv", "prepare_folder", "run_import", "write_csv"]

_ARGUMENTS = "import.args"
_SEPARATORS = "\x1f\x1e\x1d\x1c"
"""Candidates for the separator of list items; the first that no text contains is used."""
_METADATA = (("key:ID(KedrecMetadata)", "value"), "KedrecMetadata")
_BLOBS = (("key:ID(KedrecKept)", "name", "part:long", "content"), "KedrecKept")
_POLL_SECONDS = 0.5  # between checks of the running tool
_TAIL_LINES = 12  # lines of its output that an error shows


@dataclass(frozen=True, slots=True)
class ImportTool:
    """Command line of `neo4j-admin`: the words before its own arguments, and its environment variables."""

    call: tuple[str, ...]
    environment: Mapping[str, str]


def load_csv(
    folder: Path,
    sources: Sequence[str] = (),
    *,
    work_dir: Path,
    progress: Progress,
    data_dir: Path | None = None,
    keep_staged: bool = False,
    licences: Sequence[str] = (),
    allow_missing: bool = False,
) -> LoadReport:
    """Loads sources like `load_graph`, into files for Neo4j's import tool.

    Args:
        folder: folder for the files; empty, or written by an earlier call.
        sources, data_dir, work_dir, progress, keep_staged, licences, allow_missing: as for `load_graph`.

    Raises:
        UsageError: the folder is in use.
        DataError: a source's files are missing or damaged, or the disk is full.
    """
    prepare_folder(folder)
    private_folder(work_dir)
    database = work_dir / "offline.duckdb"
    try:
        with staging_errors(work_dir), BulkGraph(database, str(folder)) as graph:
            report = load_graph(
                graph,
                sources,
                data_dir=data_dir,
                work_dir=work_dir,
                progress=progress,
                keep_staged=keep_staged,
                licences=licences,
                allow_missing=allow_missing,
            )
            write_csv(graph, folder, progress)
    finally:
        database.unlink(missing_ok=True)
    return report


def prepare_folder(folder: Path) -> None:
    """Creates the folder for the files, or deletes the files of an earlier call.

    Raises:
        UsageError: it has other files.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = sorted(folder.iterdir())
        foreign = [file.name for file in files if file.suffix not in {".csv", ".args", ".log", ".report"}]
        if foreign or (files and not any(file.name == "KedrecMetadata.header.csv" for file in files)):
            raise UsageError(
                f"The folder {folder} is in use: it has {(foreign or [files[0].name])[0]}.",
                "Name an empty folder, or one that an earlier call wrote.",
            )
        for file in files:
            file.unlink()
        _write_rows(folder / "KedrecMetadata.header.csv", [_METADATA[0]])
    except OSError as error:
        raise UsageError(
            f"The folder {folder} can't be used: {error.strerror or error}.", "Name another one."
        ) from error


def write_csv(graph: BulkGraph, folder: Path, progress: Progress) -> None:
    """Writes the graph, its facts and its stored records into an empty folder.

    `import.args` is written last: a folder without it is incomplete.

    Raises:
        DataError: the disk is full, or the texts contain every candidate for the separator of list items.
    """
    tables = graph.tables()
    separator, multiline = _survey_texts(graph, tables)
    arguments: list[str] = []
    total, done = sum(table.rows for table in tables), 0
    progress("Writing CSV", 0, total)
    try:
        for table in tables:
            name = ".".join(table.kinds)
            is_node = len(table.kinds) == 1
            columns = NODE_COLUMNS if is_node else EDGE_COLUMNS
            spaces = {"id": table.kinds[0]} if is_node else {"start": table.kinds[1], "end": table.kinds[2]}
            mark = [] if is_node else [f"{MARK_PROPERTY}:boolean"]
            _write_rows(
                folder / f"{name}.header.csv", [[_header(column, spaces) for column in columns] + mark]
            )
            _copy_table(graph, table, columns, separator, folder / f"{name}.csv")
            option = "nodes" if is_node else "relationships"
            labels = table.kinds[0] + (f":{LABEL_PREFIX}{table.kinds[0]}" if is_node else "")
            arguments.append(f"--{option}={labels}={name}.header.csv,{name}.csv")
            done += table.rows
            progress("Writing CSV", done, total)
        blob_parts = [
            part for name in graph.blob_names() for part in blob_rows(name, graph.blob(name) or b"")
        ]
        for (header, label), rows in (
            (_METADATA, [list(fact) for fact in sorted(graph.facts().items())]),
            (_BLOBS, [[row["key"], row["name"], row["part"], row["content"]] for row in blob_parts]),
        ):
            _write_rows(folder / f"{label}.header.csv", [header])
            _write_rows(folder / f"{label}.csv", rows)
            arguments.append(f"--nodes={label}={label}.header.csv,{label}.csv")
        # These come last: the tool reads any word after --nodes as one more file.
        arguments += [
            f"--array-delimiter=U+{ord(separator):04X}",
            f"--multiline-fields={str(multiline).lower()}",
            "--bad-tolerance=0",
        ]
        (folder / _ARGUMENTS).write_text("\n".join(arguments) + "\n", encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"The CSV in {folder} can't be written: {error.strerror or error}.", "Make room and try again."
        ) from error


def import_call(folder: Path, database: str) -> str:
    """Formats the shell command that imports the files of `write_csv`."""
    call = f"neo4j-admin database import full @{_ARGUMENTS} -- {shlex.quote(database)}"
    return f"cd {shlex.quote(str(folder.absolute()))} && {call}"


def find_tool(home: Path | None) -> ImportTool:
    """Finds `neo4j-admin`.

    Args:
        home: Neo4j's folder; None: NEO4J_HOME, or the program on the PATH.

    Raises:
        NotFoundError: there is none.
    """
    environment_home = os.environ.get("NEO4J_HOME")
    folder = home or (Path(environment_home) if environment_home else None)
    if folder is not None:
        folder = folder.absolute()
        environment = {"NEO4J_HOME": str(folder)}
        for name in ("neo4j-admin", "neo4j-admin.bat"):
            if (folder / "bin" / name).is_file():
                return ImportTool((str(folder / "bin" / name),), environment)
        # A server from Maven Central has only the libraries.
        java = shutil.which("java")
        if java and any((folder / "lib").glob("neo4j-import-tool*.jar")):
            call = (java, "-cp", str(folder / "lib" / "*"), "org.neo4j.cli.AdminTool")
            return ImportTool(call, environment)
        if home is not None or shutil.which("neo4j-admin") is None:
            raise NotFoundError(
                f"There is no neo4j-admin in {folder}.", "Name the folder that has bin/neo4j-admin."
            )
    program = shutil.which("neo4j-admin")
    if program is None:
        raise NotFoundError(
            "neo4j-admin isn't on this machine's PATH.", "Name Neo4j's folder: --import NEO4J_HOME."
        )
    return ImportTool((program,), {})


def run_import(
    tool: ImportTool, folder: Path, database: str, progress: Progress, *, overwrite: bool = False
) -> float:
    """Runs the import and returns its duration in seconds; the tool's output goes to `import.log`.

    Args:
        tool: from `find_tool`.
        folder: folder of the files of `write_csv`.
        database: name of the database.
        progress: progress callback, in seconds.
        overwrite: replace an existing database.

    Raises:
        StoreError: the tool failed: the server runs, or the database isn't empty.
    """
    call = [*tool.call, "database", "import", "full", f"@{_ARGUMENTS}"]
    call += [*(["--overwrite-destination"] if overwrite else []), "--", database]
    log, start_time = folder / "import.log", time.monotonic()
    with log.open("wb") as out:
        try:
            process = subprocess.Popen(  # noqa: S603  # the user's own tool, and no shell
                call,
                cwd=folder,
                env={**os.environ, **tool.environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            raise StoreError(
                f"{tool.call[0]} can't be run: {error.strerror or error}.", "Check that Java is there."
            ) from error
        with process:
            try:
                while process.poll() is None:
                    progress("Importing", int(time.monotonic() - start_time), None)
                    time.sleep(_POLL_SECONDS)
            except BaseException:
                process.kill()
                raise
    if process.returncode:
        tail = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-_TAIL_LINES:]
        raise StoreError(
            f"neo4j-admin could not import into the database '{database}':\n" + "\n".join(tail),
            f"Stop the server, and give --overwrite where the database is there already. All of it: {log}.",
        )
    return time.monotonic() - start_time


def _survey_texts(graph: BulkGraph, tables: Sequence[BulkTable]) -> tuple[str, bool]:
    """Finds a separator that no list item contains, and whether any text has a line break."""
    used: set[str] = set()
    multiline = False
    for table in tables:
        columns = NODE_COLUMNS if len(table.kinds) == 1 else EDGE_COLUMNS
        lists = [f"array_to_string(\"{f.name}\", ' ')" for f in columns if _is_list(f)]
        texts = [f'"{f.name}"' for f in columns if _is_text(f)]
        joined = f"concat({', '.join(lists)})"
        hits = [f"bool_or(contains({joined}, chr({ord(character)})))" for character in _SEPARATORS]
        breaks = f"bool_or(regexp_matches(concat({joined}, {', '.join(texts)}), '[\\r\\n]'))"
        row = graph.sql.execute(f"SELECT {', '.join([*hits, breaks])} FROM {table.name}").fetchall()[0]  # noqa: S608  # names of the schema
        used |= {character for character, hit in zip(_SEPARATORS, row[:-1], strict=True) if hit}
        multiline = multiline or bool(row[-1])
    for character in _SEPARATORS:
        if character not in used:
            return character, multiline
    raise DataError(
        "The lists' items have every control character that could separate them.",
        "Take U+001C to U+001F out of the sources' synonyms and references.",
    )


def _is_text(field: pa.Field) -> bool:
    return str(field.type) == "string"


def _is_list(field: pa.Field) -> bool:
    return str(field.type).startswith("list")


def _header(field: pa.Field, spaces: Mapping[str, str]) -> str:
    if field.name in spaces:
        prefix = {"id": "id:ID", "start": ":START_ID", "end": ":END_ID"}[field.name]
        return f"{prefix}({spaces[field.name]})"
    if _is_list(field):
        return f"{field.name}:string[]"
    return f"{field.name}:{ {'string': 'string', 'double': 'double', 'int64': 'long'}[str(field.type)] }"


def _copy_table(graph: BulkGraph, table: BulkTable, columns: pa.Schema, separator: str, path: Path) -> None:
    columns_sql = ", ".join(
        f'array_to_string("{f.name}", chr({ord(separator)})) AS "{f.name}"' if _is_list(f) else f'"{f.name}"'
        for f in columns
    )
    columns_sql += "" if "id" in columns.names else f", true AS {MARK_PROPERTY}"
    quoted = ", ".join(f'"{f.name}"' for f in columns if _is_text(f) or _is_list(f))
    target = str(path).replace("'", "''")
    # The tool distinguishes NULL, an unquoted empty field, from a quoted empty text.
    graph.sql.execute(
        f"COPY (SELECT {columns_sql} FROM {table.name}) TO '{target}' "  # noqa: S608  # names of the schema
        f"(FORMAT csv, HEADER false, FORCE_QUOTE ({quoted}), NULLSTR '')"
    )


def _write_rows(path: Path, rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
