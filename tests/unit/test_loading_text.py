"""Files become clean lines, or an error that names them."""

from __future__ import annotations

import bz2
import gzip
import lzma
from pathlib import Path

import pytest

from kedrec.errors import DataError
from kedrec.loading.documents import read_document
from kedrec.loading.text import PLACEHOLDER, BadLine, unpack


def unpacked(tmp_path: Path, content: bytes, name: str = "rows.tsv") -> tuple[str, list[BadLine]]:
    path, target = tmp_path / name, tmp_path / "plain"
    path.write_bytes(content)
    bad = unpack(path, target)
    return target.read_text(encoding="utf-8"), bad


PACKERS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


@pytest.mark.parametrize("suffix", PACKERS)
def test_archives_and_plain_text_give_the_same_lines(tmp_path: Path, suffix: str) -> None:
    text = b"id\tname\nGene::1\tA1BG\n"
    assert unpacked(tmp_path, PACKERS[suffix](text), f"rows.tsv{suffix}") == unpacked(tmp_path, text)


def test_line_ends_and_a_byte_order_mark_are_not_content(tmp_path: Path) -> None:
    assert unpacked(tmp_path, b"\xef\xbb\xbfid\tname\r\n1\tx") == ("id\tname\n1\tx\n", [])


def test_lines_that_are_no_text_keep_their_place(tmp_path: Path) -> None:
    text, bad = unpacked(tmp_path, b"a\nb\xff\nc\x00d\ne\n")
    assert text == f"a\n{PLACEHOLDER}\n{PLACEHOLDER}\ne\n"
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
