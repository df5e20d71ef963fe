"""What the loader keeps with the graph of each source, so that its part can be changed or taken out.

A graph's nodes are merged from the records of several sources, and its edges run between merged nodes. So
each source's own records are kept beside the graph as Parquet, with the node that each became:

- `records:SOURCE` (kind, id, name, synonyms, xrefs, description, held, old_kind, old_id): what the source
  said of each node; `held` marks a node that its edges need although only another source, gone since,
  brought it.
- `aside:SOURCE` (relation, start_kind, start, end_kind, end, source, content...): edges by the source's own
  records, where the graph's don't tell them apart: those whose merged ends allow no edge, and those at a
  node that several of the source's records became.
- `retired:SOURCE` (id, name, consider): ids that an ontology gave up without a successor, what they were
  called, and the ids that it says to consider.
- `journal`: edges of other sources that were being moved when a load was killed.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

from kedrec.errors import StoreError
from kedrec.loading.moved_edges import CONTENT

if TYPE_CHECKING:
    from pathlib import Path

    from kedrec.loading.staging import Staging
    from kedrec.loading.state import SourceState
    from kedrec.loading.writing import Batch
    from kedrec.stores import GraphTarget

__all__ = ["JOURNAL", "RETIRED", "pack", "replay", "stage_kept", "written"]

RETIRED = "retired"
"""What stands before a source's name where the ids that it gave up are kept."""
JOURNAL = "journal"
"""Name under which moves that a killed load began are kept."""
_CONTENT = ", ".join(f'"{column}"' for column in CONTENT)
_RECORDS = "kind, id, name, synonyms, xrefs, description, held, old_kind, old_id"
_ASIDE = f'relation, start_kind, start, end_kind, "end", source, {_CONTENT}'
_TABLES = """
CREATE TABLE claims (
  loader VARCHAR, kind VARCHAR, id VARCHAR, name VARCHAR, synonyms VARCHAR[], xrefs VARCHAR[],
  description VARCHAR, held BOOLEAN, old_kind VARCHAR, old_id VARCHAR, rank INTEGER);
CREATE TABLE aside (
  loader VARCHAR, relation VARCHAR, start_kind VARCHAR, start VARCHAR, end_kind VARCHAR, "end" VARCHAR,
  source VARCHAR, licence VARCHAR, "references" VARCHAR[], evidence VARCHAR, score DOUBLE, year BIGINT,
  action VARCHAR, mechanisms VARCHAR[]);
CREATE TABLE loaders (loader VARCHAR, source VARCHAR);
"""


def stage_kept(staging: Staging, store: GraphTarget, states: Mapping[str, SourceState], source: str) -> None:
    """Copies what is kept of every source but `source` into `claims` and `aside`, and `loaders`.

    Raises:
        StoreError: an earlier version loaded one of them and kept nothing.
    """
    sql = staging.sql
    sql.execute(_TABLES)
    for name, state in states.items():
        sql.executemany("INSERT INTO loaders VALUES (?, ?)", [(name, edge) for edge in state.names])
        if name == source:
            continue
        records = store.kept(f"records:{name}")
        if records is None:
            if state.state == "loaded":
                raise StoreError(
                    f"The source '{name}' in the graph {store.url} was loaded by a version of KEDRec that "
                    "kept no record of it.",
                    "Load the sources again into another graph: kedrec-load graph --graph FOLDER.",
                )
            continue
        for table, content in (("claims", records), ("aside", store.kept(f"aside:{name}"))):
            if content is None:
                continue
            path = staging.folder / "kept.parquet"
            path.write_bytes(content)
            columns, more = (_RECORDS, ", 99") if table == "claims" else (_ASIDE, "")
            sql.execute(
                f"INSERT INTO {table} SELECT ?, {columns}{more} FROM read_parquet(?)",  # noqa: S608  # constant names
                [name, str(path)],
            )
            path.unlink()
    sql.execute(
        "UPDATE claims SET rank = coalesce((SELECT min(r.rank) FROM ranks AS r WHERE r.source = loader), 99)"
    )


def _parquet(staging: Staging, query: str, source: str) -> bytes:
    path = staging.folder / "kept.parquet"
    staging.sql.execute(
        f"COPY ({query}) TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet, COMPRESSION zstd)",
        {"source": source} if "$source" in query else None,
    )
    content = path.read_bytes()
    path.unlink()
    return content


def written(staging: Staging, source: str, *, removed: bool) -> dict[str, bytes | None]:
    """What shall be kept of `source` and of every other one whose records became other nodes, by name."""
    sql = staging.sql
    changed = {row[0] for row in sql.execute("SELECT loader FROM rekept").fetchall()} - {source}
    kept: dict[str, bytes | None] = {}
    for name in sorted(changed | (set() if removed else {source})):
        quoted = "'" + name.replace("'", "''") + "'"
        records = (
            "SELECT kind, id, name, synonyms, xrefs, description, held, new_kind AS old_kind, "  # noqa: S608  # a declared name
            f"new_id AS old_id FROM records WHERE loader = {quoted} ORDER BY kind, id"
        )
        kept[f"records:{name}"] = _parquet(staging, records, name)
        where = f"loader = {quoted}"
        edges = f"SELECT {_ASIDE} FROM aside WHERE {where} ORDER BY ALL"  # noqa: S608  # constant names
        kept[f"aside:{name}"] = _parquet(staging, edges, name) if staging.count("aside", where) else None
    if removed:
        kept |= {f"{what}:{source}": None for what in ("records", "aside", RETIRED)}
    elif staging.count("retired_rows"):
        kept[f"{RETIRED}:{source}"] = _parquet(staging, "SELECT * FROM retired_rows ORDER BY id", source)
    else:
        kept[f"{RETIRED}:{source}"] = None
    return kept


def pack(moved: list[Batch], gone: list[Batch]) -> bytes | None:
    """The edges of other sources that a load moves, as it will write them; None where it moves none."""
    if not moved and not gone:
        return None
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as files:
        steps: list[dict[str, Any]] = []
        for kind, batches in (("put", moved), ("delete", gone)):
            for batch in batches:
                names = [file and f"{len(steps)}-{file.name}" for file in (batch.new, batch.changed)]
                for name, file in zip(names, (batch.new, batch.changed), strict=True):
                    if name and file is not None:
                        files.write(file, name)
                steps.append({"kind": kind, "table": batch.kinds, "new": names[0], "changed": names[1]})
        files.writestr("steps.json", json.dumps(steps))
    return packed.getvalue()


def replay(store: GraphTarget, folder: Path) -> None:
    """Ends the moving of edges that a killed load began; afterwards, every other source is whole."""
    packed = store.kept(JOURNAL)
    if packed is None:
        return
    place = folder / "journal"
    with zipfile.ZipFile(BytesIO(packed)) as files:
        files.extractall(place)  # our own file
        for step in json.loads(files.read("steps.json")):
            new, changed = (place / step[part] if step[part] else None for part in ("new", "changed"))
            relation, start, end = step["table"]
            if step["kind"] == "put":
                store.put_edges(relation, start, end, new, changed)
            elif new is not None:
                store.delete_edges(relation, start, end, new)
    store.put_metadata({}, {JOURNAL: None})
