"""JSON of others, record by record: what is wrong with one is told of it, and the next is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kedrec.documents.document import Document, Rejected
from kedrec.documents.reading import read_file
from kedrec.errors import DataError
from kedrec.loading.readers import json_stream
from kedrec.loading.readers.json_stream import file_records
from kedrec.loading.readers.registry import READERS
from kedrec.loading.sources import load_source
from kedrec.loading.staging import Staging

DEEP = "[" * 100_000 + "]" * 100_000
ODD = {
    '"\\ud800"': "half a character",
    '{"x": ["a \\uDFFF b"]}': "half a character",
    '{"\\udc00x": 1}': "half a character",
    '"\\ude00\\ud83d"': "half a character",  # a pair the wrong way round
    DEEP: "nested too deeply",
    '{"a":' * 50_000 + "1" + "}" * 50_000: "nested too deeply",
    "9" * 1001: "a number of 1,001 digits",
    "-" + "9" * 5000: "a number of 5,001 digits",
    '{"a": 1, "b": {"c": 1, "c": 2}}': "a key twice in one object",
}
"""Values that JSON can write, and why they aren't taken."""


def values(path: Path, lists: frozenset[str] = frozenset()) -> list[tuple[int, Any, str]]:
    return [(found.position, found.value, found.problem) for found in file_records(path, lists)]


@pytest.mark.parametrize("layout", ["lines", "list", "member"])
@pytest.mark.parametrize("odd", ODD, ids=list(ODD.values()))
def test_an_odd_record_is_one(tmp_path: Path, layout: str, odd: str) -> None:
    path = tmp_path / ("a.jsonl" if layout == "lines" else "a.json")
    rows = ['{"id": 1}', odd, '{"id": "\\ud83e\\uddec"}', "2"]
    text = "\n".join(rows) if layout == "lines" else f"[{', '.join(rows)}]"
    path.write_text(f'{{"of": 2, "rows": {text}}}' if layout == "member" else text)
    found = [
        row for row in values(path, frozenset({"rows"})) if layout != "member" or row[1] != 2 or row[0] > 1
    ]
    assert found == [(1, {"id": 1}, ""), (2, None, ODD[odd]), (3, {"id": "\U0001f9ec"}, ""), (4, 2, "")]


def test_what_pandas_writes_for_nothing_is_null(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": NaN, "b": [Infinity, -Infinity, 1e999]}\n')
    [(_, value, problem)] = values(path)
    assert (value, problem) == ({"a": None, "b": [None, None, float("inf")]}, "")


def test_a_line_that_is_no_json_or_no_text_is_one(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(b'{"a": 1}\n{"a": \n"\xed\xa0\x80"\n\n{"a": 2}')
    found = values(path)
    assert [row[0] for row in found] == [1, 2, 3, 5]
    assert found[1][2].startswith("not JSON: ")
    assert found[2][2] == "not UTF-8 text"
    assert found[3][1] == {"a": 2}


def test_a_record_that_is_too_long_is_passed_over_wherever_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_stream, "MAX_RECORD", 300_000)
    for long in (json.dumps("x" * 900_000), json.dumps(["]"] * 300_000), '"' + "\\\\" * 400_000 + '"'):
        path = tmp_path / "a.json"
        path.write_text(f"[1, {long}, 3]")
        assert [row[1] for row in values(path)] == [1, None, 3]
        path = tmp_path / "a.jsonl"
        path.write_text(f"1\n{long}\n3")
        assert [row[1] for row in values(path)] == [1, None, 3]


@pytest.mark.parametrize("text", ["", "3", "{", '{"a"', '{"a": 1', "[1", '[1, "', "{1: 2}", '{"\\ud800": 1}'])
def test_what_is_no_json_or_ends_early_is_an_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"a\.json"):
        values(path)


def read(folder: Path, source: str) -> tuple[dict[str, int], dict[str, int]]:
    """Rows staged, and rows refused by reason."""
    with Staging(folder / "staging") as staging:
        declared = load_source(source)
        READERS[declared.reader](staging, declared, folder, lambda *_: None)
        rows = {part: staging.count(f"{part[:-1]}_rows") for part in ("nodes", "edges")}
        assert sum(staging.rows_read.values()) == sum(rows.values()) + staging.count("rejects")
        return rows, staging.reasons()


@pytest.mark.parametrize("odd", ODD, ids=list(ODD.values()))
def test_an_odd_node_or_edge_of_a_hetnet_is_one(tmp_path: Path, odd: str) -> None:
    text = (
        '{{"meta": {}, "nodes": [{{"kind": "Gene", "identifier": 1, "name": "A1BG"}},'
        ' {{"kind": "Gene", "identifier": 2, "name": {}}}, {{"kind": "Gene", "identifier": 3, "name": "x"}}],'
        ' "edges": [{{"source_id": ["Gene", 1], "target_id": ["Gene", 3], "kind": "interacts", "data": {}}},'
        ' {{"source_id": ["Gene", 1], "target_id": ["Gene", 3], "kind": "interacts"}}]}}'
    ).format('{"edges": [3]}', odd, odd)
    (tmp_path / "hetionet-v1.0.json").write_text(text)
    rows, reasons = read(tmp_path, "hetionet-json")
    assert rows == {"nodes": 2, "edges": 1}
    assert sum(reasons.values()) == 2


@pytest.mark.parametrize("score", ["1e999", "9" * 400, "NaN", "true", '"x"'])
def test_a_score_that_is_no_number_is_none(tmp_path: Path, score: str) -> None:
    nodes = '[{"kind": "Gene", "identifier": 1, "name": "A"}, {"kind": "Gene", "identifier": 2, "name": "B"}]'
    edge = '{"source_id": ["Gene", 1], "target_id": ["Gene", 2], "kind": "interacts", "data": {"score": %s}}'
    (tmp_path / "hetionet-v1.0.json").write_text(f'{{"nodes": {nodes}, "edges": [{edge % score}]}}')
    assert read(tmp_path, "hetionet-json") == ({"nodes": 2, "edges": 1}, {})


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
@pytest.mark.parametrize("odd", [*ODD, "[]", "3", '{"nct_id": ["NCT00000001"]}', '{"protocolSection": []}'])
def test_an_odd_study_is_one(tmp_path: Path, odd: str, name: str) -> None:
    good = json.dumps({"nct_id": "NCT00000002", "brief_title": "A trial"})
    rows = [good.replace("2", "3"), odd, good]
    (tmp_path / name).write_text("\n".join(rows) if name.endswith("l") else f"[{', '.join(rows)}]")
    rows_, reasons = read(tmp_path, "clinicaltrials")
    assert rows_["nodes"] == 2
    assert sum(reasons.values()) == 1


@pytest.mark.parametrize("place", ["id", "date", "title", "abstract", "licence", "url", "doi", "source"])
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_half_a_character_anywhere_in_a_text_rejects_it_alone(tmp_path: Path, name: str, place: str) -> None:
    rows = [
        {"id": "1", "title": "A", "abstract": "B", place: "1 \ud800"},
        {"id": "2", "title": "A", "abstract": "B"},
    ]
    path = tmp_path / name
    path.write_text("\n".join(map(json.dumps, rows)) if name.endswith("l") else json.dumps(rows))
    assert [type(found) for found in read_file(path)] == [Rejected, Document]
