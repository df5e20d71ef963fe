"""Reads the tables of a MIMIC-III folder (v1.4) with DuckDB, out of core.

An error names a file, a column or a line number and never quotes a table: DuckDB's own messages repeat the
line, so none of them is passed on.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedrec.dataset.mimic.prescriptions import Prescription
from kedrec.dataset.mimic.spreadsheet_damage import find_code_damage
from kedrec.documents.notes import CREDENTIALED_LICENCE
from kedrec.errors import DataError, NotFoundError

__all__ = ["DEMO", "Admission", "HospitalTables"]

DEMO = "ODbL-1.0"

_COLUMNS = {
    "DIAGNOSES_ICD": ("SUBJECT_ID", "HADM_ID", "SEQ_NUM", "ICD9_CODE"),
    "D_ICD_DIAGNOSES": ("ICD9_CODE",),
    "PRESCRIPTIONS": (
        "SUBJECT_ID", "HADM_ID", "DRUG_TYPE", "DRUG", "DRUG_NAME_POE", "DRUG_NAME_GENERIC",
        "FORMULARY_DRUG_CD", "NDC",
    ),
    "NOTEEVENTS": ("HADM_ID", "CHARTDATE", "CATEGORY", "ISERROR", "TEXT"),
}  # fmt: skip
_OPTIONAL = frozenset({"NOTEEVENTS"})
_TITLES = ("LONG_TITLE", "SHORT_TITLE")  # the first that exists; codes with cross-references need none
_PRESCRIPTION_COLUMNS = (
    "drug_type",
    "drug",
    "drug_name_poe",
    "drug_name_generic",
    "formulary_drug_cd",
    "ndc",
)
_NOTE_LENGTH = 6000  # characters of an admission's notes
_LINE = re.compile(r"\b[Ll]ine:? (\d+)")


@dataclass(frozen=True, slots=True)
class Admission:
    """A stay: its patient, its ICD-9 codes in the hospital's order, and its prescriptions' counts."""

    subject: str
    hadm: str
    codes: tuple[str, ...]
    prescriptions: Mapping[Prescription, int]


class HospitalTables:
    """A folder of MIMIC-III's CSV files, plain or gzip, in any case.

    Args:
        folder: the folder.
        working: folder for DuckDB's temporary files; the caller removes it.

    Raises:
        NotFoundError: the folder or a table isn't there.
        DataError: a table has other columns, or is empty or damaged.
    """

    def __init__(self, folder: Path, working: Path) -> None:
        import duckdb

        if not folder.is_dir():
            raise NotFoundError(f"There is no folder {folder}.", "Name the folder with MIMIC-III's tables.")
        self.folder = folder
        self.files = {name: file for name in _COLUMNS if (file := _file(folder, name)) is not None}
        missing = [name for name in _COLUMNS if name not in self.files and name not in _OPTIONAL]
        if missing:
            raise NotFoundError(
                f"{folder} has no {' and no '.join(f'{name}.csv' for name in missing)}.",
                "Name the folder with MIMIC-III's tables (v1.4), as CSV or CSV.gz.",
            )
        self._columns: dict[str, set[str]] = {}
        self._duckdb = duckdb.connect(config={"temp_directory": str(working / "spilled")})
        for name in self.files:
            self._check(name)

    @property
    def licence(self) -> str:
        """The demo's licence where its file lies beside the tables, else the credentialed one."""
        for name in ("LICENSE.txt", "LICENSE"):
            try:
                text = (self.folder / name).read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            if "ODC Open Database License" in text[:500]:
                return DEMO
        return CREDENTIALED_LICENCE

    def titles(self) -> dict[str, str]:
        """Maps each ICD-9 code to its long title, or its short one; "" where the table has none.

        Raises:
            DataError: codes of the table, or of the diagnoses, have lost their zeros or dots.
        """
        title = next((name for name in _TITLES if name in self._columns["D_ICD_DIAGNOSES"]), "")
        column = f"coalesce({title}, '')" if title else "''"
        titled = self._rows(
            "D_ICD_DIAGNOSES",
            f"SELECT DISTINCT trim(icd9_code), {column} FROM {{}} WHERE icd9_code IS NOT NULL ORDER BY ALL",  # noqa: S608  # our own column names
        )
        codes = self._rows("DIAGNOSES_ICD", "SELECT icd9_code FROM {} WHERE icd9_code IS NOT NULL")
        table, why = find_code_damage((code for (code,) in codes), titled)
        if table:
            raise DataError(
                f"The column ICD9_CODE of {self.files[table]} isn't as MIMIC has it: {why}. A spreadsheet "
                "takes leading zeros and dots from codes, which then stand for other diseases.",
                "Fetch the file again, and don't open it in a spreadsheet; or import the column as text.",
            )
        return {code: title for code, title in titled if code}

    def admissions(self) -> Iterator[Admission]:
        """The admissions with a diagnosis and a prescription, by patient and number."""
        codes: dict[tuple[str, str], list[str]] = defaultdict(list)
        for subject, hadm, code in self._rows(
            "DIAGNOSES_ICD",
            "SELECT subject_id, hadm_id, trim(icd9_code) FROM {} WHERE hadm_id IS NOT NULL "
            "ORDER BY subject_id, hadm_id, try_cast(seq_num AS INTEGER) NULLS LAST, icd9_code",
        ):
            codes[subject, hadm].append(code or "")
        columns = ", ".join(f"coalesce({column}, '') AS {column}" for column in _PRESCRIPTION_COLUMNS)
        prescriptions: dict[Prescription, int] = {}
        key: tuple[str, str] | None = None
        for subject, hadm, count, *values in self._rows(
            "PRESCRIPTIONS",
            f"SELECT subject_id, hadm_id, count(*) AS n, {columns} FROM {{}} WHERE hadm_id IS NOT NULL "  # noqa: S608  # our own column names
            "GROUP BY ALL ORDER BY ALL",
        ):
            if (subject, hadm) != key:
                if key in codes and prescriptions:
                    yield Admission(*key, tuple(codes[key]), prescriptions)
                key, prescriptions = (subject, hadm), {}
            prescriptions[_prescription(values)] = count
        if key in codes and prescriptions:
            yield Admission(*key, tuple(codes[key]), prescriptions)

    def prescriptions(self) -> dict[Prescription, int]:
        """Each distinct prescription with its number of rows."""
        columns = ", ".join(f"coalesce({column}, '') AS {column}" for column in _PRESCRIPTION_COLUMNS)
        rows = self._rows(
            "PRESCRIPTIONS",
            f"SELECT count(*) AS n, {columns} FROM {{}} GROUP BY ALL ORDER BY ALL",  # noqa: S608  # our own column names
        )
        return {_prescription(values): count for count, *values in rows}

    def notes(self) -> dict[str, str]:
        """The beginning of each admission's notes, oldest first, up to 6,000 characters.

        Discharge summaries are excluded, since they list the prescribed drugs; so are notes that the hospital
        marks as errors.
        """
        if "NOTEEVENTS" not in self.files:
            return {}
        texts: dict[str, str] = {}
        for hadm, text in self._rows(
            "NOTEEVENTS",
            f"SELECT hadm_id, left(text, {_NOTE_LENGTH}) FROM {{}} "  # noqa: S608  # our own number
            "WHERE hadm_id IS NOT NULL AND text IS NOT NULL AND coalesce(iserror, '') NOT IN ('1', '1.0') "
            "AND lower(trim(coalesce(category, ''))) <> 'discharge summary' ORDER BY hadm_id, chartdate, 2",
        ):
            admission = hadm.removesuffix(".0")
            earlier = texts.get(admission, "")
            if len(earlier) < _NOTE_LENGTH:
                texts[admission] = f"{earlier}\n\n{text.strip()}".strip()[:_NOTE_LENGTH]
        return texts

    def close(self) -> None:
        """Closes the database and frees its memory."""
        self._duckdb.close()

    def _check(self, name: str) -> None:
        path = self.files[name]
        with self._readable(name):
            empty = path.stat().st_size == 0
            columns = [] if empty else self._duckdb.sql(f"DESCRIBE FROM {self._table_sql(name)}").fetchall()
        present = self._columns[name] = {str(row[0]).strip().upper() for row in columns}
        missing = [column for column in _COLUMNS[name] if column not in present]
        if empty or (missing and not present & set(_COLUMNS[name])):
            raise DataError(f"{path} is empty, or no table of MIMIC-III.", "Fetch the file again.")
        if missing:
            raise DataError(
                f"{path} has no column {', '.join(missing)}.", "Use MIMIC-III v1.4 with its own columns."
            )
        if name not in _OPTIONAL and not self._rows(name, "SELECT 1 FROM {} LIMIT 1"):
            raise DataError(f"{path} has a heading and no rows.", "Fetch the file again.")

    def _table_sql(self, name: str) -> str:
        path = str(self.files[name]).replace("'", "''")
        return (
            f"read_csv('{path}', header = true, all_varchar = true, delim = ',', quote = '\"', "
            "escape = '\"', normalize_names = false, max_line_size = 33554432)"
        )

    def _rows(self, name: str, query: str) -> list[tuple[Any, ...]]:
        with self._readable(name):
            rows: list[tuple[Any, ...]] = self._duckdb.sql(query.format(self._table_sql(name))).fetchall()
        return rows

    @contextmanager
    def _readable(self, name: str) -> Iterator[None]:
        import duckdb

        path = self.files[name]
        try:
            yield
        except (duckdb.Error, OSError) as error:
            line = _LINE.search(str(error))
            position = f" near line {line[1]}" if line else ""
            # `from None`: the cause quotes the table.
            raise DataError(
                f"{path} is damaged{position}, or can't be read.", "Fetch the file again."
            ) from None


def _prescription(values: list[str]) -> Prescription:
    type_, drug, poe, generic, formulary, ndc = values
    return Prescription(type_, drug, poe, generic, formulary, ndc)


def _file(folder: Path, name: str) -> Path | None:
    """A table's file, whatever its case; plain before gzip."""
    candidates = [f"{name}.csv".lower(), f"{name}.csv.gz".lower()]
    files = {path.name.lower(): path for path in folder.iterdir() if path.name.lower() in candidates}
    return next((files[candidate] for candidate in candidates if candidate in files), None)
