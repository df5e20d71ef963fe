"""Reads the clinical notes of a MIMIC-III folder (NOTEEVENTS.csv, v1.4); they stay on this machine."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import IO, BinaryIO, cast

from kedrec.common.limits import MAX_RECORD
from kedrec.documents.document import Document, Record, Rejected, Section, single_line, written
from kedrec.errors import DataError

__all__ = ["CREDENTIALED_LICENCE", "read_notes"]

CREDENTIALED_LICENCE = "PhysioNet Credentialed Health Data License 1.5.0"
"""Licence of MIMIC-III's tables, notes included; its demo has another."""
_NO_TEXT = re.compile("[\udc80-\udcff]")
"""Bytes that are no UTF-8, as decoded here; a note without them would be another note."""
_COLUMNS = ("ROW_ID", "SUBJECT_ID", "HADM_ID", "CHARTDATE", "CATEGORY", "DESCRIPTION", "ISERROR", "TEXT")


def read_notes(stream: IO[bytes]) -> Iterator[Record]:
    """Reads the notes of a table; column names may be in any case.

    Raises:
        DataError: a column is missing, or the table is damaged.
    """
    # The csv module's limit is global, and its default is shorter than a long note.
    csv.field_size_limit(MAX_RECORD)
    text = io.TextIOWrapper(
        cast("BinaryIO", stream), encoding="utf-8-sig", errors="surrogateescape", newline=""
    )
    rows = csv.reader(text, strict=True)
    try:
        header = [name.strip().upper() for name in next(rows, [])]
        missing = [name for name in _COLUMNS if name not in header]
        if missing:
            raise DataError(f"it has no column {', '.join(missing)}.")
        columns = {name: header.index(name) for name in _COLUMNS}
        for number, row in enumerate(rows, 1):
            if row:
                yield (
                    _note(row, columns, number)
                    if len(row) == len(header)
                    else Rejected(number, "", "a column too many or few")
                )
    except csv.Error as error:
        raise DataError(f"it is damaged: {error}.") from error
    finally:
        text.detach()  # its opener closes the file


def _note(row: list[str], columns: dict[str, int], number: int) -> Record:
    value = {name: row[column].strip() for name, column in columns.items()}
    row_id, subject, admission = (written(value[name]) for name in ("ROW_ID", "SUBJECT_ID", "HADM_ID"))
    id_ = f"mimic:{row_id}"
    if not row_id.isdigit():
        return Rejected(number, "", "no ROW_ID")
    if _NO_TEXT.search(value["TEXT"]):
        return Rejected(number, id_, "not UTF-8 text")
    if value["ISERROR"] in ("1", "1.0"):
        return Rejected(number, id_, "marked as an error by its hospital")
    text = single_line(value["TEXT"])
    if not text:
        return Rejected(number, id_, "empty note")
    keys = [f"MIMIC-SUBJECT:{subject}"]
    keys += [f"MIMIC-HADM:{admission}"] if admission else []
    title = ", ".join(part for part in (value["CATEGORY"], value["DESCRIPTION"]) if part)
    return Document(
        id_,
        "note",
        title,
        (Section("Note", text),),
        date=value["CHARTDATE"][:10],
        licence=CREDENTIALED_LICENCE,
        keys=tuple(keys),
    )
