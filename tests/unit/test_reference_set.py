"""The set of reference pairs, and what its reader refuses."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from kedrec.errors import DataError, NotFoundError
from kedrec.evaluation.reference_set import COLUMNS, part_of, read_reference_set

SET = Path(__file__).resolve().parents[1] / "reference" / "pairs.tsv"
ROW = {
    "class": "mechanism",
    "rare": "no",
    "area": "cardiology",
    "drug": "blockerol",
    "drug_id": "DRUGBANK:DB00001",
    "disease": "racing heart",
    "disease_id": "MONDO:1",
    "role": "mechanism",
    "through": "GENE1",
    "sign": "-",
    "source": "PMID:1",
    "statement": "Blocks GENE1.",
}


def written(folder: Path, *rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> Path:
    path = folder / "pairs.tsv"
    lines = ["\t".join(columns), *("\t".join(row[column] for column in columns) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_set_has_its_classes_areas_and_rare_diseases() -> None:
    pairs = read_reference_set(SET)
    assert Counter(pair.judgement for pair in pairs) == {
        "mechanism": 60,
        "wrong mechanism": 20,
        "harmful": 40,
        "unrelated": 30,
    }
    assert 3 * sum(pair.rare for pair in pairs) >= len(pairs)
    assert len({pair.area for pair in pairs}) >= 12
    by_class = Counter((pair.judgement, pair.rare) for pair in pairs)
    assert all(
        3 * by_class[name, True] >= 0.9 * (by_class[name, True] + by_class[name, False])
        for name in ("mechanism", "wrong mechanism", "harmful", "unrelated")
    )


def test_a_pair_is_of_one_mind() -> None:
    """A drug that treats a disease in one row doesn't harm in another, nor is it unrelated."""
    minds: dict[tuple[str, str], set[str]] = {}
    for pair in read_reference_set(SET):
        mind = pair.judgement.removeprefix("wrong ")
        minds.setdefault((pair.drug_id, pair.disease_id), set()).add(mind)
    assert [ids for ids, found in minds.items() if len(found) > 1] == []


def test_one_name_has_one_id() -> None:
    ids: dict[str, set[str]] = {}
    for pair in read_reference_set(SET):
        ids.setdefault(pair.drug, set()).add(pair.drug_id)
        ids.setdefault(pair.disease, set()).add(pair.disease_id)
    assert [name for name, found in ids.items() if len(found) > 1] == []


def test_two_parts_make_the_whole_and_depend_on_no_order() -> None:
    pairs = read_reference_set(SET)
    development, test = part_of(pairs, "development"), part_of(pairs, "test")
    assert (len(development), len(test)) == (100, 50)
    assert set(development) | set(test) == set(part_of(pairs, "all")) == set(pairs)
    assert set(part_of(pairs[::-1], "test")) == set(test)
    assert {pair.judgement for pair in test} == {pair.judgement for pair in pairs}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"class": "harmless"}, "no class 'harmless'"),
        ({"role": "harm"}, "no class 'mechanism' with the role 'harm'"),
        ({"through": ""}, "belong together"),
        ({"sign": ""}, "the sign ''"),
        ({"sign": "up"}, "the sign 'up'"),
        ({"class": "harmful", "role": "", "through": ""}, "the sign '-'"),
        ({"rare": "maybe"}, "'rare' is 'maybe'"),
        ({"drug_id": "aspirin"}, "'aspirin' is no CURIE"),
        ({"source": "a textbook"}, "'a textbook' is no PMID"),
        ({"source": "DAILYMED:1"}, "'DAILYMED:1' is no PMID"),
        ({"statement": " "}, "no statement"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(tmp_path: Path, changed: dict[str, str], told: str) -> None:
    path = written(tmp_path, ROW, ROW | {"disease_id": "MONDO:2"} | changed)
    with pytest.raises(DataError, match="line 3: ") as raised:
        read_reference_set(path)
    assert told in str(raised.value)


def test_a_row_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="line 3: it stands there twice"):
        read_reference_set(written(tmp_path, ROW, ROW))


def test_a_file_that_is_missing_or_no_such_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no file"):
        read_reference_set(tmp_path / "none.tsv")
    with pytest.raises(NotFoundError, match="no file"):
        read_reference_set(tmp_path)
    with pytest.raises(DataError, match="no column sign"):
        read_reference_set(written(tmp_path, ROW, columns=tuple(name for name in COLUMNS if name != "sign")))
    with pytest.raises(DataError, match="no row"):
        read_reference_set(written(tmp_path))
    (tmp_path / "bytes.tsv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="no UTF-8"):
        read_reference_set(tmp_path / "bytes.tsv")
