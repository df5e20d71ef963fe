"""The file of all pairs: whole or not at all, the same whatever makes it."""

from __future__ import annotations

import errno
import gzip
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from listed_graph import random_graph

from kedrec.errors import KedrecError, UsageError
from kedrec.ranking import Ranker
from kedrec.ranking.export import COLUMNS, check_output_path, export_scores

NAMES = {"Disease:0": "one\tdisease\nof two lines", "Drug:0": 'a "quoted" drug'}


@pytest.fixture(scope="module")
def ranker(tmp_path_factory: pytest.TempPathFactory) -> Ranker:
    return Ranker.open(random_graph(5), tmp_path_factory.mktemp("cache"))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def diseases(ranker: Ranker) -> list[str]:
    return [one.decode() for one in ranker.adjacency.ids("Disease").tolist()] * 5  # more than one block


def test_every_pair_is_a_row_in_order_with_what_the_ranker_says(
    tmp_path: Path, ranker: Ranker, diseases: list[str]
) -> None:
    told: list[tuple[int, int | None]] = []
    rows = export_scores(
        tmp_path / "p.parquet",
        ranker,
        NAMES,
        diseases,
        progress=lambda _, done, total: told.append((done, total)),
    )
    table = pq.read_table(tmp_path / "p.parquet")
    assert table.schema.equals(COLUMNS)
    assert table.num_rows == rows == len(diseases) * len(ranker.adjacency.ids("Drug"))
    expected = [score for disease in diseases for score in ranker.rank(disease)]
    assert table["drug_id"].to_pylist() == [score.drug for score in expected]
    assert table["probability"].to_pylist() == [score.probability for score in expected]
    assert table["known"].to_pylist() == ["|".join(score.known) for score in expected]
    assert told[-1] == (len(diseases), len(diseases))
    assert len(told) > 1
    assert list(tmp_path.iterdir()) == [tmp_path / "p.parquet"]


def test_the_tsv_has_the_same_rows_each_on_one_line(
    tmp_path: Path, ranker: Ranker, diseases: list[str]
) -> None:
    export_scores(tmp_path / "p.parquet", ranker, NAMES, diseases)
    export_scores(tmp_path / "p.tsv.gz", ranker, NAMES, diseases)
    lines = gzip.decompress((tmp_path / "p.tsv.gz").read_bytes()).decode().splitlines()
    table = pq.read_table(tmp_path / "p.parquet").to_pylist()
    assert lines[0].split("\t") == COLUMNS.names
    assert len(lines) == len(table) + 1
    for line, row in zip(lines[1:], table, strict=True):
        cells = line.split("\t")
        assert cells[2] == row["drug_id"]
        assert (float(cells[4]) if cells[4] else None) == row["probability"]
    assert any(line.split("\t")[1] == "one disease of two lines" for line in lines)
    assert any(line.split("\t")[3] == 'a "quoted" drug' for line in lines)


def test_equal_scores_make_equal_files(tmp_path: Path, ranker: Ranker, diseases: list[str]) -> None:
    for name in ("a.tsv.gz", "b.tsv.gz"):
        export_scores(tmp_path / name, ranker, NAMES, diseases)
    assert (tmp_path / "a.tsv.gz").read_bytes() == (tmp_path / "b.tsv.gz").read_bytes()


@pytest.mark.parametrize("name", ["p.parquet", "p.tsv.gz"])
def test_what_was_there_stays_when_the_work_breaks_off(tmp_path: Path, ranker: Ranker, name: str) -> None:
    path = tmp_path / name
    path.write_text("from before")
    with pytest.raises(KedrecError, match="nosuch"):
        export_scores(path, ranker, NAMES, ["Disease:0"] * 8 + ["nosuch"])
    assert path.read_text() == "from before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "says"),
    [("p.csv", "ends neither"), ("nosuch/p.parquet", "no folder"), ("d.parquet", "is a folder")],
)
def test_a_wrong_target_is_told_before_any_work(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "d.parquet").mkdir()
    with pytest.raises(UsageError, match=says):
        check_output_path(tmp_path / name)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:  # a mode would not stop root
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(UsageError, match="can't be written: Permission denied"):
        check_output_path(tmp_path / "p.parquet")


def test_a_rankers_copy_in_another_process_needs_no_file(
    tmp_path: Path, ranker: Ranker, diseases: list[str]
) -> None:
    import pickle

    Ranker.open(random_graph(5), tmp_path)  # type: ignore[arg-type]
    cached = Ranker.open(random_graph(5), tmp_path)  # type: ignore[arg-type]
    packed = pickle.dumps(cached)
    for file in tmp_path.iterdir():
        file.unlink()
    copy = pickle.loads(packed)
    assert [s.score for s in copy.rank(diseases[0])] == [s.score for s in ranker.rank(diseases[0])]
