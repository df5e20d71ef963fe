"""Gene lists in files, as laboratories and spreadsheets write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kedrec.errors import DataError
from kedrec.naming.gene_list import GeneName, read_gene_file

PLAIN = ["TNF", "IL6", "7124"]
WRITINGS = {
    "one a line": b"TNF\nIL6\n7124\n",
    "windows": b"TNF\r\nIL6\r\n7124\r\n",
    "old mac": b"TNF\rIL6\r7124",
    "utf-8 with a mark": b"\xef\xbb\xbfTNF\nIL6\n7124",
    "utf-16": "TNF\nIL6\n7124\n".encode("utf-16"),
    "utf-16, windows": "TNF\r\nIL6\r\n7124\r\n".encode("utf-16"),
    "comments and blanks": b"# mine\n\nTNF  # cytokine\n  IL6\n\t\n7124\n",
    "a header": b"gene\nTNF\nIL6\n7124\n",
    "quoted": b'"TNF"\n"IL6"\n"7124"\n',
    "a header and an empty column": b"Symbol\tweight\nTNF\t\nIL6\t\n7124\t\n",
}


def write(folder: Path, content: bytes) -> Path:
    path = folder / "genes.txt"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("writing", WRITINGS)
def test_a_list_is_read_in_every_writing(writing: str, tmp_path: Path) -> None:
    names, odd = read_gene_file(write(tmp_path, WRITINGS[writing]))
    assert [name.text for name in names] == PLAIN
    assert {name.weight for name in names} == {None}
    assert odd == ()


@pytest.mark.parametrize(
    "content",
    [b"TNF\t2\nIL6\t-1.5\n", b"TNF,2\nIL6,-1.5\n", b"TNF;2\nIL6;-1.5\n", b"gene\tw\nTNF\t2\nIL6\t-1.5"],
)
def test_weights_of_both_signs_say_the_direction(content: bytes, tmp_path: Path) -> None:
    names, _ = read_gene_file(write(tmp_path, content))
    assert names == [GeneName("TNF", 2.0, "raised"), GeneName("IL6", -1.5, "lowered")]


def test_weights_of_one_sign_say_none_and_a_file_of_a_direction_keeps_it(tmp_path: Path) -> None:
    names, _ = read_gene_file(write(tmp_path, b"TNF\t2\nIL6\t0.5\n"))
    assert [name.direction for name in names] == ["", ""]
    names, _ = read_gene_file(write(tmp_path, b"TNF\t2\nIL6\t-0.5\n"), "lowered")
    assert [name.direction for name in names] == ["lowered", "lowered"]


def test_the_weight_of_a_wide_table_is_the_column_that_is_called_so(tmp_path: Path) -> None:
    table = b"gene,baseMean,log2FoldChange,padj\nTNF,900,1.5,0.01\nIL6,800,-2,0.02\n"
    names, _ = read_gene_file(write(tmp_path, table))
    assert [name.weight for name in names] == [1.5, -2.0]


def test_an_odd_line_is_skipped_and_told_with_its_number(tmp_path: Path) -> None:
    content = b"TNF\t1\nIL6\thigh\n,3\nIL10\tnan\nIL1B\t2\n" + b"A" * 20_000 + b"\n"
    names, odd = read_gene_file(write(tmp_path, content))
    assert [name.text for name in names] == ["TNF", "IL1B"]
    assert [line.split(":")[0] for line in odd] == ["line 2", "line 3", "line 4", "line 6"]
    assert any("high" in line for line in odd)


BROKEN = {
    "empty": (b"", "has no gene"),
    "comments alone": (b"# a\n#b\n", "has no gene"),
    "a header alone": (b"gene\tweight\n", "has no gene"),
    "no weight is a number": (b"TNF\tx\nIL6\ty\n", "no number"),
    "binary": (b"\x00\x01\x02PK\x03\x04" * 50, "no text"),
    "latin-1": ("gène\nTNF\n".encode("latin-1"), "not UTF-8"),
    "wide without a header": (b"TNF\t900\t1.5\nIL6\t800\t2\n", "none of them is called weight"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_file_that_is_no_list_is_refused_with_what_to_do(broken: str, tmp_path: Path) -> None:
    data, says = BROKEN[broken]
    with pytest.raises(DataError, match=says) as error:
        read_gene_file(write(tmp_path, data))
    assert error.value.hint


def test_a_folder_and_a_missing_file_are_no_list(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder"):
        read_gene_file(tmp_path)
    with pytest.raises(DataError, match="can't be read"):
        read_gene_file(tmp_path / "absent.txt")
