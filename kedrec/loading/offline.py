"""Writes a graph as the CSV that Neo4j's import tool reads, and runs the tool.

Only an empty database can be imported into, on a server that is stopped. The tool reads text that is quoted
as RFC 4180 says, lists whose items are separated by a control character, and ids within the space of their
kind. It makes no constraints: the store makes them when the graph is opened for the first time.
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
from kedrec.stores.blobs import parts
from kedrec.stores.bulk import BulkGraph, BulkTable
from kedrec.stores.marking import MARK, PREFIX

if TYPE_CHECKING:
    import pyarrow as pa

    from kedrec.common.progress import Progress
    from kedrec.loading.report import LoadReport

__all__ = ["ImportTool", "empty_folder", "find_tool", "import_call", "load_csv", "run_import", "write_csv"]

_ARGUMENTS = "import.args"
_SEPARATORS = "\x1f\x1e\x1d\x1c"
"""Characters that may separate a list's items; the first that no text has does."""
_METADATA = (("key:ID(KedrecMetadata)", "value"), "KedrecMetadata")
_KEPT = (("key:ID(KedrecKept)", "name", "part:long", "content"), "KedrecKept")
_SECONDS = 0.5  # between looks at the running tool
_TAIL = 12  # lines of its output that an error shows


@dataclass(frozen=True, slots=True)
class ImportTool:
    """How `neo4j-admin` is called: the words before its own arguments, and what its environment needs."""

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
) -> LoadReport:
    """Loads sources as `load_graph` does, into files for Neo4j's import tool.

    Args:
        folder: where the files go; empty, or one that an earlier call wrote.
        sources, data_dir, work_dir, progress, keep_staged, licences: as for `load_graph`.

    Raises:
        UsageError: the folder is in use.
        DataError: a source's files are missing or damaged, or the disk is full.
    """
    empty_folder(folder)
    private_folder(work_dir)
    gathered = work_dir / "offline.duckdb"
    try:
        with staging_errors(work_dir), BulkGraph(gathered, str(folder)) as graph:
            report = load_graph(
                graph,
                sources,
                data_dir=data_dir,
                work_dir=work_dir,
                progress=progress,
                keep_staged=keep_staged,
                licences=licences,
            )
            write_csv(graph, folder, progress)
    finally:
        gathered.unlink(missing_ok=True)
    return report


def empty_folder(folder: Path) -> None:
    """Makes the folder for the files, or empties it of those of an earlier call.

    Raises:
        UsageError: it has files that aren't ours.
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
    """Writes the graph, its facts and what is kept with it into an empty folder.

    `import.args` comes last: a folder without it is not whole.

    Raises:
        DataError: the disk is full, or a text has every character that could separate a list's items.
    """
    tables = graph.tables()
    separator, multiline = _survey(graph, tables)
    arguments: list[str] = []
    total, done = sum(table.rows for table in tables), 0
    progress("Writing CSV", 0, total)
    try:
        for table in tables:
            name = ".".join(table.kinds)
            is_node = len(table.kinds) == 1
            columns = NODE_COLUMNS if is_node else EDGE_COLUMNS
            spaces = {"id": table.kinds[0]} if is_node else {"start": table.kinds[1], "end": table.kinds[2]}
            mark = [] if is_node else [f"{MARK}:boolean"]
            _write_rows(folder / f"{name}.header.csv", [[_header(one, spaces) for one in columns] + mark])
            _copy(graph, table, columns, separator, folder / f"{name}.csv")
            option = "nodes" if is_node else "relationships"
            labels = table.kinds[0] + (f":{PREFIX}{table.kinds[0]}" if is_node else "")
            arguments.append(f"--{option}={labels}={name}.header.csv,{name}.csv")
            done += table.rows
            progress("Writing CSV", done, total)
        kept = [part for name in graph.kept_names() for part in parts(name, graph.kept(name) or b"")]
        for (header, label), rows in (
            (_METADATA, [list(fact) for fact in sorted(graph.facts().items())]),
            (_KEPT, [[row["key"], row["name"], row["part"], row["content"]] for row in kept]),
        ):
            _write_rows(folder / f"{label}.header.csv", [header])
            _write_rows(folder / f"{label}.csv", rows)
            arguments.append(f"--nodes={label}={label}.header.csv,{label}.csv")
        # These come last: the tool takes whatever word follows --nodes for one more of its files.
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
    """The command that imports what `write_csv` wrote, for a shell."""
    call = f"neo4j-admin database import full @{_ARGUMENTS} -- {shlex.quote(database)}"
    return f"cd {shlex.quote(str(folder.absolute()))} && {call}"


def find_tool(home: Path | None) -> ImportTool:
    """Finds `neo4j-admin`.

    Args:
        home: Neo4j's folder; None: that of NEO4J_HOME, or what is on the PATH.

    Raises:
        NotFoundError: it isn't there.
    """
    told = os.environ.get("NEO4J_HOME")
    folder = home or (Path(told) if told else None)
    if folder is not None:
        folder = folder.absolute()
        environment = {"NEO4J_HOME": str(folder)}
        for name in ("neo4j-admin", "neo4j-admin.bat"):
            if (folder / "bin" / name).is_file():
                return ImportTool((str(folder / "bin" / name),), environment)
        # A server from Maven Central is its libraries alone.
        java = shutil.which("java")
        if java and any((folder / "lib").glob("neo4j-import-tool*.jar")):
            call = (java, "-cp", str(folder / "lib" / "*"), "org.neo4j.cli.AdminTool")
            return ImportTool(call, environment)
        if home is not None or shutil.which("neo4j-admin") is None:
            raise NotFoundError(
                f"There is no neo4j-admin in {folder}.", "Name the folder that has bin/neo4j-admin."
            )
    found = shutil.which("neo4j-admin")
    if found is None:
        raise NotFoundError(
            "neo4j-admin isn't on this machine's PATH.", "Name Neo4j's folder: --import NEO4J_HOME."
        )
    return ImportTool((found,), {})


def run_import(
    tool: ImportTool, folder: Path, database: str, progress: Progress, *, overwrite: bool = False
) -> float:
    """Runs the import; returns the seconds it took. What the tool said is in `import.log`.

    Args:
        tool: from `find_tool`.
        folder: where `write_csv` wrote.
        database: the database's name.
        progress: told that it goes on.
        overwrite: replace a database that is there.

    Raises:
        StoreError: the tool failed: the server runs, or the database isn't empty.
    """
    call = [*tool.call, "database", "import", "full", f"@{_ARGUMENTS}"]
    call += [*(["--overwrite-destination"] if overwrite else []), "--", database]
    log, began = folder / "import.log", time.monotonic()
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
                    progress("Importing", int(time.monotonic() - began), None)
                    time.sleep(_SECONDS)
            except BaseException:
                process.kill()
                raise
    if process.returncode:
        told = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-_TAIL:]
        raise StoreError(
            f"neo4j-admin could not import into the database '{database}':\n" + "\n".join(told),
            f"Stop the server, and give --overwrite where the database is there already. All of it: {log}.",
        )
    return time.monotonic() - began


def _survey(graph: BulkGraph, tables: Sequence[BulkTable]) -> tuple[str, bool]:
    """A separator that no list's item has, and whether a text has a line break."""
    used: set[str] = set()
    multiline = False
    for table in tables:
        columns = NODE_COLUMNS if len(table.kinds) == 1 else EDGE_COLUMNS
        lists = [f"array_to_string(\"{f.name}\", ' ')" for f in columns if _is_list(f)]
        texts = [f'"{f.name}"' for f in columns if _is_text(f)]
        joined = f"concat({', '.join(lists)})"
        found = [f"bool_or(contains({joined}, chr({ord(one)})))" for one in _SEPARATORS]
        breaks = f"bool_or(regexp_matches(concat({joined}, {', '.join(texts)}), '[\\r\\n]'))"
        row = graph.sql.execute(f"SELECT {', '.join([*found, breaks])} FROM {table.name}").fetchall()[0]  # noqa: S608  # names of the schema
        used |= {one for one, there in zip(_SEPARATORS, row[:-1], strict=True) if there}
        multiline = multiline or bool(row[-1])
    for one in _SEPARATORS:
        if one not in used:
            return one, multiline
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


def _copy(graph: BulkGraph, table: BulkTable, columns: pa.Schema, separator: str, path: Path) -> None:
    chosen = ", ".join(
        f'array_to_string("{f.name}", chr({ord(separator)})) AS "{f.name}"' if _is_list(f) else f'"{f.name}"'
        for f in columns
    )
    chosen += "" if "id" in columns.names else f", true AS {MARK}"
    quoted = ", ".join(f'"{f.name}"' for f in columns if _is_text(f) or _is_list(f))
    target = str(path).replace("'", "''")
    # Null is nothing between commas, and an empty text is in quotes: the tool tells them apart so.
    graph.sql.execute(
        f"COPY (SELECT {chosen} FROM {table.name}) TO '{target}' "  # noqa: S608  # names of the schema
        f"(FORMAT csv, HEADER false, FORCE_QUOTE ({quoted}), NULLSTR '')"
    )


def _write_rows(path: Path, rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
