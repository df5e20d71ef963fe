"""Records of each source, stored beside the graph so that the source can be reloaded or removed.

A graph's nodes are merged from the records of several sources, and its edges run between merged nodes. So
each source's own records are stored as Parquet, with the node that each became:

- `records:SOURCE` (kind, id, name, synonyms, xrefs, description, held, old_kind, old_id): the source's record
  of each node; `held` marks a node that the source's edges need although only another source, removed since,
  brought it.
- `aside:SOURCE` (relation, start_kind, start, end_kind, end, source, content...): edges between the source's
  own records, where the graph can't tell them apart: those whose merged ends allow no edge, and those at a
  node that several of the source's records became.
- `retired:SOURCE` (id, name, consider): ids that an ontology retired without a successor, their names, and
  the ids that it says to consider.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kedrec.errors import StoreError
from kedrec.loading.moved_edges import CONTENT

if TYPE_CHECKING:
    from kedrec.loading.staging import Staging
    from kedrec.loading.state import SourceState
    from kedrec.stores import GraphTarget

__all__ = [
    "RECORDS",
    "RETIRED_IDS",
    "former_name",
    "records_to_store",
    "stage_stored_records",
]

RECORDS = "records"
"""Prefix of the blob with a source's records of nodes; the source's name follows a colon."""
RETIRED_IDS = "retired"
"""Prefix of the blob with a source's retired ids; the source's name follows a colon."""
_OBSOLETE_LABEL = "obsolete "
"""The words with which an obsolete term's label begins, in ontologies and in tables about their terms."""
_CONTENT = ", ".join(f'"{column}"' for column in CONTENT)
_RECORD_COLUMNS = "kind, id, name, synonyms, xrefs, description, held, old_kind, old_id"
_EDGE_COLUMNS = f'relation, start_kind, start, end_kind, "end", source, {_CONTENT}'
_INSERT_RECORDS = f"INSERT INTO unresolved_records SELECT ?, {_RECORD_COLUMNS}, 99 FROM read_parquet(?)"  # noqa: S608  # constant names
_INSERT_EDGES = f"INSERT INTO source_edges SELECT ?, {_EDGE_COLUMNS} FROM read_parquet(?)"  # noqa: S608  # constant names


def former_name(label: str) -> str:
    """Name of an obsolete term before it was one; another label as it is. Some of Mondo's say it twice."""
    while label.casefold().startswith(_OBSOLETE_LABEL):
        label = label[len(_OBSOLETE_LABEL) :]
    return label


def stage_stored_records(
    staging: Staging, store: GraphTarget, states: Mapping[str, SourceState], source: str
) -> None:
    """Copies the stored records and edges of every source but `source` into the staging area.

    Raises:
        StoreError: an earlier version loaded one of them and stored no records.
    """
    sql = staging.sql
    staging.create("unresolved_records", "source_edges", "edge_sources")
    for name, state in states.items():
        sql.executemany("INSERT INTO edge_sources VALUES (?, ?)", [(name, edge) for edge in state.names])
        if name == source:
            continue
        records = store.blob(f"{RECORDS}:{name}")
        if records is None:
            if state.state == "loaded":
                raise StoreError(
                    f"The source '{name}' in the graph {store.url} was loaded by a version of KEDRec that "
                    "kept no record of it.",
                    "Load the sources again into another graph: kedrec-load graph --graph FOLDER.",
                )
            continue
        for statement, content in ((_INSERT_RECORDS, records), (_INSERT_EDGES, store.blob(f"aside:{name}"))):
            if content is None:
                continue
            path = staging.folder / "blob.parquet"
            path.write_bytes(content)
            sql.execute(statement, [name, str(path)])
            path.unlink()
    sql.execute(
        "UPDATE unresolved_records "
        "SET rank = coalesce((SELECT min(r.rank) FROM ranks AS r WHERE r.source = loader), 99)"
    )


def _parquet_bytes(staging: Staging, query: str, source: str) -> bytes:
    path = staging.folder / "blob.parquet"
    staging.sql.execute(
        f"COPY ({query}) TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet, COMPRESSION zstd)",
        {"source": source} if "$source" in query else None,
    )
    content = path.read_bytes()
    path.unlink()
    return content


def records_to_store(staging: Staging, source: str, *, removed: bool) -> dict[str, bytes | None]:
    """Blobs to store for `source` and for every source whose records became other nodes; None deletes one."""
    sql = staging.sql
    changed = {row[0] for row in sql.execute("SELECT loader FROM changed_sources").fetchall()} - {source}
    blobs: dict[str, bytes | None] = {}
    for name in sorted(changed | (set() if removed else {source})):
        quoted = "'" + name.replace("'", "''") + "'"
        records = (
            "SELECT kind, id, name, synonyms, xrefs, description, held, new_kind AS old_kind, "  # noqa: S608  # a declared name
            "new_id AS old_id FROM (SELECT * FROM records UNION ALL SELECT * FROM idle_records) "
            f"WHERE loader = {quoted} ORDER BY kind, id"
        )
        blobs[f"{RECORDS}:{name}"] = _parquet_bytes(staging, records, name)
        where = f"loader = {quoted}"
        edges = f"SELECT {_EDGE_COLUMNS} FROM source_edges WHERE {where} ORDER BY ALL"  # noqa: S608  # constant names
        blobs[f"aside:{name}"] = (
            _parquet_bytes(staging, edges, name) if staging.count("source_edges", where) else None
        )
    if removed:
        blobs |= {f"{prefix}:{source}": None for prefix in (RECORDS, "aside", RETIRED_IDS)}
    elif staging.count("retired_rows"):
        blobs[f"{RETIRED_IDS}:{source}"] = _parquet_bytes(
            staging, "SELECT * FROM retired_rows ORDER BY id", source
        )
    else:
        blobs[f"{RETIRED_IDS}:{source}"] = None
    return blobs
