"""Reader of mapping sets in SSSOM's table layout: ids of two vocabularies that denote the same entity.

Only equivalences count (exact match, equivalent class, same as); a broader, narrower, close or negated match
is rejected with that reason. Each mapping becomes a record of its subject that lists its object, and both
labels become names. https://mapping-commons.github.io/sssom/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from kedrec.common.plain_text import normal_name
from kedrec.errors import DataError
from kedrec.loading.kind_families import FAMILIES
from kedrec.loading.readers.curies import curie_of, prefix_of
from kedrec.loading.readers.row_buffer import RowBuffer
from kedrec.loading.readers.table_records import Dialect, read_records
from kedrec.loading.source_records import former_name
from kedrec.loading.sources import Source, find_files
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedrec.common.progress import Progress
    from kedrec.loading.staging import Staging

__all__ = ["read_mappings"]

_EQUAL = frozenset({"exactmatch", "equivalentclass", "sameas"})
"""Local names, in small letters, of the predicates that say that two ids denote the same entity."""
_NEEDED = ("subject_id", "predicate_id", "object_id")
_PREFIX_LINE = re.compile(r"#\s+([\w.]+):\s*(https?://\S+)\s*")
"""An entry of `curie_map` in the comments at the head of a set."""
_EVERY = 20_000


class _RefusedError(Exception):
    """A mapping that joins nothing; the arguments are its reason and detail."""


@dataclass(frozen=True, slots=True)
class _Head:
    """Head of a set: its column names, the number of lines before the first mapping, and its own prefixes."""

    columns: list[str]
    lines: int
    prefixes: dict[str, str]


def _read_head(path: Path, plain: Path) -> _Head:
    """Reads the comments and the line of column names.

    Raises:
        DataError: a column that every set has is missing.
    """
    prefixes: dict[str, str] = {}
    columns: list[str] = []
    comments = 0
    with plain.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            text = line.rstrip("\n")
            if not text.startswith("#"):
                columns = text.split("\t")
                break
            comments += 1
            if match := _PREFIX_LINE.fullmatch(text):
                prefixes[match[1]] = match[2]
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        raise DataError(
            f"{path} has no column {missing[0]}; its first line without # names "
            f"{', '.join(columns)[:200] or 'none'}.",
            "It must be a mapping set as a table, as SSSOM defines it.",
        )
    return _Head(columns, comments + 1, prefixes)


@cache
def _joinable_kinds(one: str, other: str, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Kinds of which an id of each of two vocabularies may be one entity, one kind a family.

    The last kind of a family is taken: it never decides the kind of an entity that another source brings.
    """
    by_family: dict[tuple[str, ...], str] = {}
    for name, kind in load_schema().kinds.items():
        if (not kinds or name in kinds) and {one, other} <= {*kind.prefixes}:
            family = next((family for family in FAMILIES if name in family), (name,))
            members = [member for member in family if {one, other} <= {*load_schema().kinds[member].prefixes}]
            by_family[family] = members[-1]
    return tuple(by_family.values())


def _equal_ids(row: dict[str, str], source: Source, prefixes: dict[str, str]) -> tuple[str, str]:
    """Subject and object of a mapping.

    Raises:
        _RefusedError: it says something else than that they are equal, or too unsurely.
    """
    predicate = row["predicate_id"].strip()
    if re.split(r"[:#/]", predicate)[-1].casefold() not in _EQUAL:
        raise _RefusedError("no equivalence", predicate)
    if row.get("predicate_modifier", "").strip():
        raise _RefusedError("no equivalence", f"{row['predicate_modifier'].strip()} {predicate}")
    least = float(source.mapping.get("least_confidence", 0))
    labels = [normal_name(row.get(name, "")) for name in ("subject_label", "object_label")]
    if labels[0] and labels[0] == labels[1]:
        least = float(source.mapping.get("least_confidence_same_label", least))
    confidence = _number(row.get("confidence", ""))
    if confidence < least:
        raise _RefusedError(f"confidence below {least:g}", row.get("confidence", "") or "none")
    ids = []
    for name in ("subject_id", "object_id"):
        curie = curie_of(row[name])
        prefix, _, local = curie.partition(":")
        if not prefix_of(prefix) and prefix in prefixes:
            curie = curie_of(prefixes[prefix] + local)
        ids.append(curie)
    return ids[0], ids[1]


def _number(text: str) -> float:
    """A confidence from 0 to 1; 0 where it is missing or no number."""
    try:
        return float(text)
    except ValueError:
        return 0.0


def _add(rows: RowBuffer, line: int, row: dict[str, str], ids: tuple[str, str], kinds: Sequence[str]) -> None:
    """Adds the records of one mapping for each kind."""
    subject, target = ids
    for kind in kinds:
        rows.node(line, subject, kind, subject, _label(row, "subject") or subject, xrefs=[target])
        if label := _label(row, "object"):
            rows.node(line, target, kind, target, label)


def _label(row: dict[str, str], end: str) -> str:
    """The name of an end; of an obsolete term, which other vocabularies may have, its former one."""
    return former_name(row.get(f"{end}_label", "").strip())


def _read_set(staging: Staging, source: Source, path: Path, progress: Progress) -> None:
    number, plain, bad = staging.unpack(path)
    head = _read_head(path, plain)
    rows = RowBuffer(staging, number)
    for line in bad:
        rows.refuse("nodes", line.line, line.reason, "", line.text)
    kinds = tuple(source.mapping.get("kinds", ()))
    needed = 1 + max(map(head.columns.index, _NEEDED))
    bad_lines = {line.line for line in bad}
    for record in read_records(
        plain, Dialect("\t"), len(head.columns), bad=bad_lines, skip=head.lines, needed=needed
    ):
        if record.line % _EVERY == 0:
            progress(f"Reading {path.name}", record.line, None)
        try:
            if record.reason:
                raise _RefusedError(record.reason, record.detail)
            row = dict(zip(head.columns, record.fields, strict=False))
            ids = _equal_ids(row, source, head.prefixes)
            one, other = (curie.partition(":")[0] for curie in ids)
            if one == other:
                raise _RefusedError("two ids of one vocabulary", f"{ids[0]} {ids[1]}")
            joinable = _joinable_kinds(one, other, kinds)
            if not joinable:
                raise _RefusedError("vocabularies that no kind has both", f"{one} {other}")
        except _RefusedError as refusal:
            reason, detail = refusal.args
            rows.refuse("nodes", record.line, reason, detail, record.text)
        else:
            _add(rows, record.line, row, ids, joinable)
    rows.close()


def read_mappings(staging: Staging, source: Source, folder: Path, progress: Progress) -> None:
    """Reads every mapping set of a source into `node_rows`.

    Raises:
        DataError: a set is missing, damaged, or lacks a column.
    """
    for spec in source.files:
        for path in find_files(source, spec, folder):
            _read_set(staging, source, path, progress)
