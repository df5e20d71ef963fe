"""Reader of a hetnet in JSON, the release format of Hetionet: nodes and edges with their properties."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedrec.errors import AssetError, DataError
from kedrec.loading.readers.json_stream import file_records
from kedrec.loading.readers.json_values import text_of, texts_of
from kedrec.loading.readers.row_buffer import RowBuffer
from kedrec.loading.sources import Source, find_files

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.loading.staging import Staging

__all__ = ["read_hetnet"]

_EVERY = 20_000
_LISTS = frozenset({"edges", "nodes"})


class _Mapping:
    """Mapping of kinds, relations, licences and actions in the declaration."""

    def __init__(self, source: Source) -> None:
        mapping = source.mapping
        try:
            self.kinds: dict[str, dict[str, str]] = mapping["kinds"]
            self.edges: dict[str, dict[str, Any]] = mapping["edges"]
            self.licences: dict[str, str] = mapping["licences"]
            self.actions = {
                word: (rank, action) for rank, (word, action) in enumerate(mapping["actions"].items())
            }
        except (KeyError, AttributeError) as error:
            raise AssetError(
                f"loaders/{source.name}.yaml is damaged: {error!r}.", "Install the package again."
            ) from error

    def curie(self, kind: str, identifier: str) -> str:
        """Converts a node's id to the schema's vocabulary."""
        if kind == "Pathway":
            # WP15_r83642 is a revision of WikiPathways' WP15; PC7_1234 a pathway of Pathway Commons 7.
            prefix, _, local = identifier.partition("_")
            return f"PC7:{local}" if prefix == "PC7" else f"WIKIPATHWAYS:{prefix}"
        return f"{self.kinds.get(kind, {}).get('prefix', '')}{identifier}"

    def action(self, words: Sequence[str]) -> str:
        """Maps the resources' names of an action to the schema's; "" if none is known."""
        known = sorted(self.actions[word.lower()] for word in words if word.lower() in self.actions)
        return known[0][1] if known else ""


def _evidence(data: dict[str, Any]) -> str:
    evidence = ", ".join(texts_of(data.get("sources"))) or text_of(data.get("source"))
    evidence += f"; {actions}" if (actions := ", ".join(texts_of(data.get("actions")))) else ""
    evidence += f"; affinity {affinity} nM" if (affinity := text_of(data.get("affinity_nM"))) else ""
    evidence += f"; method {method}" if (method := text_of(data.get("method"))) else ""
    return evidence.removeprefix("; ")


def _score(data: dict[str, Any]) -> float | None:
    values = (data.get(name) for name in ("z_score", "similarity", "score"))
    value = next((value for value in values if isinstance(value, (int, float))), None)
    try:
        return float(value) if value is not None and math.isfinite(value) else None
    except OverflowError:  # an integer of hundreds of digits
        return None


def _data(item: dict[str, Any]) -> dict[str, Any]:
    data = item.get("data") or {}
    if not isinstance(data, dict):
        raise TypeError("data is no object")
    return data


def _node(rows: RowBuffer, mapping: _Mapping, number: int, item: Any) -> None:
    kind, identifier = text_of(item["kind"]), text_of(item["identifier"])
    description = text_of(_data(item).get("description"))
    rows.node(
        number, f"{kind}::{identifier}", mapping.kinds.get(kind, {}).get("kind", kind),
        mapping.curie(kind, identifier), text_of(item["name"]),
        synonyms=[description] if description and kind == "Gene" else [],
    )  # fmt: skip


def _edge(rows: RowBuffer, mapping: _Mapping, number: int, item: Any) -> None:
    data, kind = _data(item), text_of(item["kind"])
    start, end = ("::".join(texts_of(item[side])) for side in ("source_id", "target_id"))
    rule = mapping.edges.get(kind, {"relation": kind})
    if rule.get("turned"):
        start, end = end, start
    licence = text_of(data.get("license"))
    rows.edge(
        number, rule["relation"], start, end, mapping.licences.get(licence, licence) or "no licence stated",
        references=[f"PMID:{pmid}" for pmid in texts_of(data.get("pubmed_ids"))],
        evidence=_evidence(data), score=_score(data), action=mapping.action(texts_of(data.get("actions"))),
    )  # fmt: skip


def read_hetnet(staging: Staging, source: Source, folder: Path, progress: Progress) -> None:
    """Reads the graph into `node_rows` and `edge_rows`; the line of a row is its number in its list.

    Raises:
        DataError: the file is missing, damaged or no hetnet.
    """
    [spec] = source.files
    path = find_files(source, spec, folder)[0]
    mapping, rows, accepted = _Mapping(source), RowBuffer(staging, staging.add_file(path)), 0
    for record in file_records(path, _LISTS):
        if record.name not in _LISTS:
            continue
        name, number, item = record.name, record.position, record.value
        if number % _EVERY == 1:
            progress(f"Reading {source.name} {name}", number - 1, None)
        if record.problem:
            rows.refuse_record(name, number, record.problem)
            continue
        try:
            (_node if name == "nodes" else _edge)(rows, mapping, number, item)
            accepted += 1
        except (KeyError, TypeError, AttributeError) as error:
            rows.refuse(name, number, "not a node or edge of a hetnet", repr(error), json.dumps(item)[:500])
    rows.close()
    for name in sorted(_LISTS):
        # A truncated file would delete every edge; a file whose nodes are all rejected gets another error.
        if not staging.rows_read[name] and (accepted or name == "nodes"):
            raise DataError(f"{path} has no {name}.", source.obtain)
