"""Saved answers: read as they were saved, and refused where they are anything else."""

from __future__ import annotations

import io
import zipfile

import pytest
from test_answer_table import ANSWER

from kedrec.errors import DataError, UsageError
from kedrec.sharing.archive import SavedAnswer, packed, read_saved
from kedrec.sharing.question import Question
from kedrec.sharing.saving import check_targets, save_answer, without_own_paths

GENES = Question(asked="genes", seed=1, genes={"listed": "my genes.txt"})
SAVED = SavedAnswer(GENES, ANSWER, genes={"listed": b"TNF"})


def members(saved: SavedAnswer = SAVED) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(packed(saved))) as file:
        return {name: file.read(name) for name in file.namelist()}


def zipped(contents: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, content in contents.items():
            file.writestr(name, content)
    return out.getvalue()


def refused(tmp_path, content: bytes) -> str:
    file = tmp_path / "a.zip"
    file.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_saved(file)
    assert list(tmp_path.iterdir()) == [file]
    return str(caught.value)


def test_what_was_saved_is_read(tmp_path):
    save_answer(SAVED, tmp_path / "a.zip", overwrite=False)
    assert read_saved(tmp_path / "a.zip") == SAVED


def test_equal_answers_make_equal_files():
    assert packed(SAVED) == packed(SavedAnswer(GENES, ANSWER, genes={"listed": b"TNF"}))


@pytest.mark.parametrize("change", ["cut", "flipped", "encrypted"])
def test_a_damaged_file_is_refused(tmp_path, change):
    content = bytearray(packed(SAVED))
    if change == "cut":
        del content[len(content) // 2 :]
    elif change == "flipped":
        start = content.index(b"answer.json") + 40
        content[start : start + 40] = bytes(40)
    else:
        for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            at = -1
            while (at := content.find(mark, at + 1)) >= 0:
                content[at + offset] |= 1
    assert "is no zip file, or a damaged one" in refused(tmp_path, bytes(content))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is no zip file"),
        (zipped({"../../evil.txt": b"", "/etc/passwd": b""}), "has no question.json and no answer.json"),
        (zipped({"question.json": b"{}", "answer.json": b"{}"}), "is no answer that KEDRec"),
        (zipped(members() | {"answer.json": b"[" * 100_000}), "is no answer that KEDRec"),
        (zipped(members() | {"answer.json": b"\xff\xfe"}), "is no answer that KEDRec"),
        (zipped(members() | {f"{n}": b"" for n in range(60)}), "more in it"),
        (zipped(members() | {"answer.json": b" " * (65 << 20)}, zipfile.ZIP_DEFLATED), "has more than 64 MB"),
        (zipped({n: c for n, c in members().items() if "genes" not in n}), "lacks a part of its gene list"),
    ],
)
def test_a_file_that_is_no_saved_answer_is_refused(tmp_path, content, says):
    assert says in refused(tmp_path, content)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"format": 1', b'"format": 2'),
        (b'"asked": ', b'"model": "http://x.example", "asked": '),
        (b'"seed": 1', b'"seed": "x"'),
        *(
            (b'"my genes.txt"', name)
            for name in (b'"../evil"', b'".."', b'"/evil"', b'"c\\\\d"', b'"\\u0000"', b'""')
        ),
        (b'"listed":', b'"../evil":'),
    ],
)
def test_another_layout_or_a_name_that_leads_elsewhere_is_refused(tmp_path, old, new):
    contents = members()
    assert old in contents["question.json"]
    contents["question.json"] = contents["question.json"].replace(old, new)
    assert "README.txt" in refused(tmp_path, zipped(contents))


def test_two_members_of_one_name_are_refused(tmp_path):
    out = io.BytesIO(packed(SAVED))
    with zipfile.ZipFile(out, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("answer.json", b"{}")
    assert "more in it" in refused(tmp_path, out.getvalue())


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["answer.docx"], "ends in .html, .zip, .json, .tsv, .bib or .ris"),
        (["answer"], "can't be saved as 'answer'"),
        (["a.html", "./a.html"], "can't be saved twice"),
    ],
)
def test_a_name_that_says_no_format_is_refused(tmp_path, monkeypatch, names, says):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=says.replace(".", r"\.")):
        check_targets([tmp_path / name for name in names], overwrite=False)


def test_capitals_in_an_ending_are_the_same(tmp_path):
    save_answer(SAVED, tmp_path / "A.HTML", overwrite=False)
    assert (tmp_path / "A.HTML").read_bytes().startswith(b"<!doctype html>")


@pytest.mark.parametrize(
    ("graph", "shared"),
    [
        ("/home/someone/secret/graph", "graph"),
        ("neo4j://someone:password@db.example:7687", "neo4j://db.example:7687"),
        ("bolt://localhost", "bolt://localhost"),
    ],
)
def test_a_shared_answer_names_no_folder_and_no_user(graph, shared):
    manifest = ANSWER.manifest.model_copy(update={"graph": graph})
    answer = without_own_paths(ANSWER.model_copy(update={"manifest": manifest}))
    assert answer.manifest.graph == shared
