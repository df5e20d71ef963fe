"""The stored index of names: made again when the graph changes, or the file is damaged."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from naming_graph import GRAPH, Rows, store_of

from kedrec.errors import EmptyGraphError, UnknownNameError
from kedrec.naming import NameIndex

if TYPE_CHECKING:
    from kedrec.stores import GraphStore


def test_the_index_is_kept_and_made_again_when_the_graph_changes(tmp_path: Path) -> None:
    one: Rows = {"Disease": [("DOID:1", "first", [], [])]}
    two: Rows = {"Disease": [("DOID:1", "first", ["renamed"], [])]}
    told: list[Any] = []

    def opened(store: GraphStore) -> NameIndex:
        told.clear()
        return NameIndex.open(store, tmp_path / "cache", lambda *report: told.append(report))

    opened(store_of(one)).close()
    assert told == [("Indexing names", 0, 1)]
    opened(store_of(one)).close()
    assert told == []
    with pytest.raises(UnknownNameError):
        opened(store_of(one)).resolve("renamed")
    assert (
        opened(
            store_of(
                two, metadata={"source:x": '{"state": "loaded", "title": "x", "version": "2", "licence": ""}'}
            )
        )
        .resolve("renamed")
        .id
        == "DOID:1"
    )
    assert opened(store_of(two, digest="e")).resolve("renamed").id == "DOID:1"


def test_few_indexes_are_kept(tmp_path: Path) -> None:
    for number in range(7):
        NameIndex.open(
            store_of({"Disease": [("DOID:1", "first", [], [])]}, digest=str(number)), tmp_path
        ).close()
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("left", [b"", b"not a database", b"SQLite format 3\0"])
def test_a_damaged_index_is_made_again(tmp_path: Path, left: bytes) -> None:
    store = store_of(GRAPH)
    NameIndex.open(store, tmp_path).close()
    (file,) = tmp_path.glob("names-*.sqlite")
    whole = file.read_bytes()
    for content in (left, whole[: len(whole) // 2]):
        file.write_bytes(content)
        index = NameIndex.open(store, tmp_path)
        assert index.resolve("IL6", "Gene").id == "NCBIGene:3569"
        index.close()
        assert file.stat().st_size == len(whole)


def test_any_changed_bit_of_an_index_is_noticed_and_it_is_made_again(tmp_path: Path) -> None:
    store = store_of({"Disease": [("DOID:1", "first", ["other name"], [])]})
    NameIndex.open(store, tmp_path).close()
    (file,) = tmp_path.glob("names-*.sqlite")
    whole = file.read_bytes()
    reports: list[Any] = []
    # Every byte of the header that SQLite reads, and of what the file says of the graph; one in 97 elsewhere.
    text = whole.index(b"other name")
    places = [*range(100), *range(text, text + 10), *range(100, len(whole), 97)]
    for number, place in enumerate(places):
        changed = bytearray(whole)
        changed[place] ^= 1 << number % 8
        file.write_bytes(changed)
        reports.clear()
        index = NameIndex.open(store, tmp_path, lambda *report: reports.append(report))
        assert reports, f"byte {place}"
        assert index.search("other name")[0].matched == "other name"
        index.close()
        assert file.read_bytes() == whole


def test_letters_changed_in_an_index_are_noticed(tmp_path: Path) -> None:
    NameIndex.open(store_of(GRAPH), tmp_path).close()
    (file,) = tmp_path.glob("names-*.sqlite")
    file.write_bytes(file.read_bytes().replace(b"Imatinib", b"Imatunib"))
    index = NameIndex.open(store_of(GRAPH), tmp_path)
    assert index.entity("DRUGBANK:DB00619").name == "Imatinib"


@pytest.mark.skipif(os.name != "posix", reason="Windows has no modes")
def test_an_index_is_its_users_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        NameIndex.open(store_of(GRAPH), tmp_path).close()
    finally:
        os.umask(before)
    (file,) = tmp_path.glob("names-*.sqlite")
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)  # as an older version or a copy left it
    NameIndex.open(store_of(GRAPH), tmp_path).close()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_written_does_not_matter(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    index = NameIndex.open(store_of(GRAPH), blocked / "cache")
    assert index.resolve("IL6", "Gene").id == "NCBIGene:3569"


def test_a_disk_that_fills_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = sqlite3.connect

    def full(database: Any, *arguments: Any, **options: Any) -> sqlite3.Connection:
        if str(database).endswith(".making"):
            raise sqlite3.OperationalError("database or disk is full")
        return real(database, *arguments, **options)

    monkeypatch.setattr(sqlite3, "connect", full)
    index = NameIndex.open(store_of(GRAPH), tmp_path)
    assert index.resolve("IL6", "Gene").id == "NCBIGene:3569"
    assert list(tmp_path.iterdir()) == []


def test_an_empty_graph_says_so(tmp_path: Path) -> None:
    with pytest.raises(EmptyGraphError, match="memory is empty"):
        NameIndex.open(store_of({}), tmp_path)


def test_a_moved_cache_still_opens(tmp_path: Path) -> None:
    NameIndex.open(store_of(GRAPH), tmp_path / "a b?#%").close()
    shutil.move(tmp_path / "a b?#%", tmp_path / "c")
    told: list[Any] = []
    NameIndex.open(store_of(GRAPH), tmp_path / "c", lambda *report: told.append(report)).close()
    assert told == []
