"""Files become clean lines, or an error that names them."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from pathlib import Path

import pytest

from kedrec.common import text_files
from kedrec.common.text_files import PLACEHOLDER, BadLine, unpack
from kedrec.errors import DataError
from kedrec.loading.readers.yaml_lines import read_document


def unpacked(tmp_path: Path, content: bytes, name: str = "rows.tsv") -> tuple[str, list[BadLine]]:
    path, target = tmp_path / name, tmp_path / "plain"
    path.write_bytes(content)
    bad = unpack(path, target)
    return target.read_text(encoding="utf-8"), bad


PACKERS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


@pytest.mark.parametrize("suffix", PACKERS)
def test_archives_and_plain_text_give_the_same_lines(tmp_path: Path, suffix: str) -> None:
    rows = b"id\tname\nGene::1\tA1BG\n"
    assert unpacked(tmp_path, PACKERS[suffix](rows), f"rows.tsv{suffix}") == unpacked(tmp_path, rows)


def test_line_ends_and_a_byte_order_mark_are_not_content(tmp_path: Path) -> None:
    assert unpacked(tmp_path, b"\xef\xbb\xbfid\tname\r\n1\tx") == ("id\tname\n1\tx\n", [])


def test_lines_that_are_no_text_keep_their_place(tmp_path: Path) -> None:
    found, bad = unpacked(tmp_path, b"a\nb\xff\nc\x00d\ne\n")
    assert found == f"a\n{PLACEHOLDER}\n{PLACEHOLDER}\ne\n"
    assert [(line.line, line.reason) for line in bad] == [
        (2, "not UTF-8 text"),
        (3, "control character in the line"),
    ]
    assert bad[0].text == "b\\xff"


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("keep", [0.2, 0.5, 0.98])
def test_a_truncated_archive_is_an_error_that_names_the_file(
    tmp_path: Path, keep: float, suffix: str
) -> None:
    packed = PACKERS[suffix]("\n".join(str(n * n) for n in range(5000)).encode())
    with pytest.raises(DataError, match=rf"rows\.tsv\{suffix}.*truncated"):
        unpacked(tmp_path, packed[: int(len(packed) * keep)], f"rows.tsv{suffix}")


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_damaged_archive_is_an_error(tmp_path: Path, suffix: str) -> None:
    packed = bytearray(PACKERS[suffix](bytes(range(256)) * 50))
    packed[len(packed) // 2] ^= 0xFF
    with pytest.raises(DataError, match=rf"rows\.tsv\{suffix} is damaged"):
        unpacked(tmp_path, bytes(packed), f"rows.tsv{suffix}")


def test_a_text_named_gz_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="isn't a gzip file"):
        unpacked(tmp_path, b"plain", "rows.tsv.gz")


def test_a_document_knows_its_lines(tmp_path: Path) -> None:
    document = read_document("- id: 1\n  tags: [a, b]\n- id: 2\n", tmp_path)
    assert [(entry["id"], entry.line) for entry in document] == [("1", 1), ("2", 3)]


def test_text_that_is_no_yaml_is_an_error_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"x\.yaml, line 3"):
        read_document("a: 1\nb: [\n", tmp_path / "x.yaml")


@pytest.mark.parametrize("suffix", PACKERS)
def test_what_unpacks_to_far_more_than_it_is_stops_early(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_files, "RATIO_FROM", 8 << 20)
    bomb = PACKERS[suffix](b"\0" * (64 << 20))
    with pytest.raises(DataError, match=r"isn't unpacked further: .*unpack it yourself"):
        unpacked(tmp_path, bomb, f"rows.tsv{suffix}")
    assert (tmp_path / "plain").stat().st_size < 32 << 20
    # What is small does no harm, and what was unpacked by hand is read.
    assert unpacked(tmp_path, PACKERS[suffix](b"a\n" * 1_000_000), f"rows.tsv{suffix}") == (
        "a\n" * 1_000_000,
        [],
    )
    assert unpacked(tmp_path, b"a\n" * 10_000_000)[1] == []


def test_a_packed_file_may_not_unpack_to_more_than_any_source_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_files, "MAX_UNPACKED", 1000)
    lines = "\n".join(str(n * n) for n in range(300)).encode()
    with pytest.raises(DataError, match="isn't unpacked further"):
        unpacked(tmp_path, gzip.compress(lines), "rows.tsv.gz")
    assert unpacked(tmp_path, lines)[1] == []


@pytest.mark.parametrize("where", [0, 1, 2])
def test_a_line_that_is_too_long_is_one_line(tmp_path: Path, where: int) -> None:
    rows = [b"a" * 5, b"b" * 5, b"c" * 5]
    rows[where] = b"x" * (text_files.MAX_LINE + 1)
    found, bad = unpacked(tmp_path, b"\n".join(rows))
    assert [(line.line, line.reason, len(line.text)) for line in bad] == [
        (where + 1, text_files.TOO_LONG, 200)
    ]
    kept = [row.decode() for row in rows]
    kept[where] = PLACEHOLDER
    assert found == "\n".join(kept) + "\n"
    with pytest.raises(DataError, match="longer than 16 MB"):
        list(text_files.read_lines(tmp_path / "rows.tsv"))


def test_the_longest_line_and_the_lines_around_it_are_read(tmp_path: Path) -> None:
    rows = b"a\n" + b"x" * text_files.MAX_LINE + b"\nb\n\nc"
    found, bad = unpacked(tmp_path, rows)
    assert (found.encode(), bad) == (rows + b"\n", [])
    assert b"".join(text_files.read_lines(tmp_path / "rows.tsv")) == rows + b"\n"


@pytest.mark.parametrize("order", ["le", "be"])
def test_utf_16_is_read(tmp_path: Path, order: str) -> None:
    mark = {"le": b"\xff\xfe", "be": b"\xfe\xff"}[order]
    content = mark + "id\tname\r\n1\tna\u00efve \U0001f9ec\r\n".encode(f"utf-16-{order}")
    assert unpacked(tmp_path, content) == ("id\tname\n1\tna\u00efve \U0001f9ec\n", [])


def test_a_line_that_is_the_placeholder_itself_is_counted(tmp_path: Path) -> None:
    found, bad = unpacked(tmp_path, f"a\n{PLACEHOLDER}\nb{PLACEHOLDER}\n".encode())
    assert found == f"a\n{PLACEHOLDER}\nb{PLACEHOLDER}\n"
    assert [(line.line, line.reason) for line in bad] == [(2, "not UTF-8 text")]


def test_what_is_no_file_is_refused_and_nothing_stays_open(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "rows.tsv")
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(DataError, match="a named pipe"):
        unpack(tmp_path / "rows.tsv", tmp_path / "plain")
    with pytest.raises(DataError, match="isn't a gzip file"):
        unpacked(tmp_path, b"no gzip", "other.tsv.gz")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
