"""Reader of the built-in starter graph, `graph/starter/*.yaml`; its README describes the format."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.errors import DataError
from kedrec.loading.readers.yaml_lines import LineMapping, read_document

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.loading.sources import Source
    from kedrec.loading.staging import Staging

__all__ = ["read_starter"]

_LICENCE = "CC0-1.0"


def read_starter(staging: Staging, source: Source, folder: Path, progress: Progress) -> None:
    """Reads every area file into `node_rows` and `edge_rows`.

    Raises:
        DataError: a file isn't in the starter graph's format.
    """
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise DataError(f"There is no starter graph in {folder}.", "Install the package again.")
    nodes: dict[str, list[Any]] = defaultdict(list)
    edges: dict[str, list[Any]] = defaultdict(list)
    for done, path in enumerate(paths):
        progress(f"Reading {source.name}", done, len(paths))
        document = read_document(path.read_text(encoding="utf-8"), path)
        if not isinstance(document, LineMapping) or not isinstance(document.get("nodes"), LineMapping):
            raise DataError(f"{path} has no nodes.", "graph/starter/README.md tells the form.")
        _read_area(document, path, staging.add_file(path), nodes, edges)
    staging.rows_read["nodes"] += len(nodes["id"])
    staging.rows_read["edges"] += len(edges["relation"])
    staging.insert("node_rows", nodes)
    if edges:
        staging.insert("edge_rows", edges)
    progress(f"Reading {source.name}", len(paths), len(paths))


def _read_area(
    document: LineMapping, path: Path, file: int, nodes: dict[str, list[Any]], edges: dict[str, list[Any]]
) -> None:
    """Reads one file; a name is unique only within it, so keys begin with the file's name."""
    area = path.stem
    keys_by_name: dict[str, list[str]] = defaultdict(list)
    for kind, entries in document["nodes"].items():
        for name, fields in entries.items():
            if not isinstance(fields, LineMapping) or "id" not in fields:
                raise DataError(
                    f"{path}: the node '{name}' has no id.", "graph/starter/README.md tells the form."
                )
            key = f"{area}/{kind}:{name}"
            keys_by_name[name].append(key)
            row = {
                "file": file, "line": fields.line, "key": key, "kind": kind, "id": fields["id"], "name": name,
                "synonyms": list(fields.get("synonyms", ())), "xrefs": list(fields.get("xrefs", ())),
                "description": fields.get("description", ""),
            }  # fmt: skip
            for column, value in row.items():
                nodes[column].append(value)
    keys = set(nodes["key"])

    def key_of(name: str) -> str:
        qualified = f"{area}/{name}"
        if qualified in keys:
            return qualified
        matches = keys_by_name.get(name, [])
        if len(matches) != 1:
            problem = "is no node of the file" if not matches else f"is {len(matches)} nodes; say KIND:NAME"
            raise DataError(f"{path}: '{name}' {problem}.", "graph/starter/README.md tells the form.")
        return matches[0]

    for fact in document.get("facts") or ():
        if not isinstance(fact, list) or len(fact) < 3:
            raise DataError(f"{path}: {fact!r} is no fact.", "graph/starter/README.md tells the form.")
        start, predicate, end, *references = fact
        relation, _, action = predicate.partition("/")
        row = {
            "file": file, "line": None, "relation": relation, "action": action, "start": key_of(start),
            "end": key_of(end), "licence": _LICENCE, "references": references, "evidence": "",
        }  # fmt: skip
        for column, value in row.items():
            edges[column].append(value)
