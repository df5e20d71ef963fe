"""Reading tables: quoting, damage and line numbers, against Python's own reader; names in SQL and Python."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kedrec.common.plain_text import normal_name
from kedrec.loading.known_entities import define_normal_name
from kedrec.loading.readers.delimited import read_delimited
from kedrec.loading.sources import FileSpec
from kedrec.loading.staging import Staging

FIELD = st.text(st.characters(codec="utf-8", exclude_characters="\x00\x01\r\ufffd"), max_size=8)


@pytest.fixture
def staging(tmp_path: Path) -> Iterator[Staging]:
    with Staging(tmp_path / "staging") as found:
        yield found


def read(staging: Staging, spec: FileSpec, path: Path) -> list[tuple[object, ...]]:
    staging.sql.execute(f'DROP TABLE IF EXISTS "{spec.name}"')
    staging.sql.execute("DELETE FROM rejects")
    staging.rows_read = {"nodes": 0, "edges": 0, "attributes": 0}
    read_delimited(staging, spec, path)
    return staging.sql.execute(f'SELECT * EXCLUDE (file) FROM "{spec.name}" ORDER BY line').fetchall()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(FIELD, min_size=1, max_size=4), max_size=12), comma=st.booleans())
def test_quoted_tables_are_read_as_python_reads_them(
    staging: Staging, tmp_path: Path, rows: list[list[str]], comma: bool
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter="," if comma else "\t", lineterminator="\n")
    writer.writerow(["a", "b", "c"])
    for row in rows:
        writer.writerow(row)
    path = tmp_path / "rows.txt"
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    spec = FileSpec("rows", ("rows.txt",), ("a", "b", "c"), format="csv" if comma else "quoted-tsv")
    found = read(staging, spec, path)
    assert [row[1:] for row in found] == [tuple(row) for row in rows if len(row) == 3]
    assert staging.rows_read["attributes"] == len(rows)
    assert staging.count("rejects") == sum(len(row) != 3 for row in rows)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200), quoted=st.booleans())
def test_every_line_of_rubbish_is_read_or_rejected(
    staging: Staging, tmp_path: Path, content: bytes, quoted: bool
) -> None:
    path = tmp_path / "rubbish.txt"
    path.write_bytes(b"a\tb\n" + content)
    spec = FileSpec("rows", ("rubbish.txt",), ("a", "b"), format="quoted-tsv" if quoted else "tsv")
    found = read(staging, spec, path)
    assert staging.rows_read["attributes"] == len(found) + staging.count("rejects")
    if not quoted:
        lines = [line.removesuffix(b"\r") for line in content.split(b"\n")]
        assert staging.rows_read["attributes"] == sum(bool(line) for line in lines)


def test_columns_may_be_missing_and_headers_given(staging: Staging, tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text("1\tx\n\n2\ty\tz\n3\t\n", encoding="utf-8")
    spec = FileSpec("rows", ("rows.tsv",), ("n", "word"), ("later",), header=("n", "word"))
    assert read(staging, spec, path) == [(1, "1", "x", None), (4, "3", "", None)]
    assert staging.sql.execute("SELECT line, reason, detail FROM rejects").fetchall() == [
        (3, "wrong number of columns", "3 instead of 2")
    ]


def test_a_quoted_field_may_hold_lines_and_a_row_has_the_number_of_its_first(
    staging: Staging, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('n,text\n1,"a\n\n""b"", c"\n2,d\n3,"e\nno end', encoding="utf-8")
    spec = FileSpec("rows", ("rows.csv",), ("n", "text"), format="csv")
    assert read(staging, spec, path) == [(2, "1", 'a\n\n"b", c'), (5, "2", "d")]
    assert staging.sql.execute("SELECT line, reason FROM rejects ORDER BY line").fetchall() == [
        (6, "quote that opens and does not close"),
        (7, "wrong number of columns"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "Crohn's  Disease",
        "5-FU",
        "Sjögren syndrome",
        "TNF-\N{GREEK SMALL LETTER BETA}",
        "  ",
        "ÅNGSTRÖM",
        "a_b/c|d",
        "é",
    ],
)
def test_names_are_normal_alike_in_sql_and_in_python(staging: Staging, name: str) -> None:
    define_normal_name(staging)
    [[found]] = staging.sql.execute("SELECT normal_name(?)", [name]).fetchall()
    assert found == normal_name(name)
