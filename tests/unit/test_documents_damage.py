"""Odd values where a layout has a text, a list or an object: one record is lost, never the load."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kedrec.documents.document import Document, Record, Rejected, Retraction, format_date, parse_year, written
from kedrec.documents.prepare import build_passages, content_digest
from kedrec.documents.reading import read_file

STUDY = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT00000001", "briefTitle": "A", "officialTitle": "A trial"},
        "statusModule": {
            "overallStatus": "TERMINATED",
            "whyStopped": "slow accrual",
            "startDateStruct": {"date": "2001-02"},
            "completionDateStruct": {"date": "2003-04-05"},
        },
        "designModule": {"phases": ["PHASE1", "PHASE2"], "enrollmentInfo": {"count": 12}},
        "conditionsModule": {"conditions": ["Gout"]},
        "armsInterventionsModule": {"interventions": [{"name": "Colchicine", "otherNames": ["Colcrys"]}]},
        "outcomesModule": {"primaryOutcomes": [{"measure": "Pain"}]},
        "descriptionModule": {"briefSummary": "Some.", "detailedDescription": "More."},
        "eligibilityModule": {"eligibilityCriteria": "Adults."},
    },
    "resultsSection": {
        "outcomeMeasuresModule": {
            "outcomeMeasures": [{"type": "PRIMARY", "title": "Pain", "analyses": [{"pValue": "0.31"}]}]
        }
    },
    "derivedSection": {"conditionBrowseModule": {"meshes": [{"term": "Gout"}]}},
    "hasResults": True,
}
FLAT = {
    "nct_id": "NCT00000002", "brief_title": "A", "official_title": "A trial", "overall_status": "Completed",
    "phase": "Phase 2", "enrollment": 7, "start_date": "May 2001", "conditions": ["Gout"],
    "condition_mesh": ["Gout"], "interventions": [{"name": "Colchicine"}], "brief_summary": "Some.",
}  # fmt: skip
BIOC = {
    "id": "11",
    "passages": [
        {"infons": {"type": "title", "year": "2001"}, "text": "A title"},
        {"infons": {"section_type": "ABSTRACT", "type": "abstract"}, "text": "Some text."},
    ],
}
EUROPE = {
    "id": "12", "source": "MED", "pmid": "12", "pmcid": "PMC12", "doi": "10.1/AB", "title": "A title",
    "abstractText": "<p>Some text.</p>", "pubYear": "2001", "license": "cc by",
    "pubTypeList": {"pubType": ["Journal Article"]},
}  # fmt: skip
QUESTION = {"QUESTION": "Does it?", "CONTEXTS": ["We asked."], "LABELS": ["AIM"], "LONG_ANSWER": "It does."}
PLAIN = {
    "id": "13", "pmid": "13", "title": "A title", "abstract": "Some text.", "year": 2001,
    "licence": "CC-BY-4.0", "doi": "10.1/AB", "url": "https://a.example/13", "source": "mine",
}  # fmt: skip

LAYOUTS: dict[str, tuple[dict[str, Any], Any]] = {
    "study": (STUDY, lambda one: {"studies": [one, STUDY]}),
    "flat": (FLAT, lambda one: [one, FLAT]),
    "bioc": (BIOC, lambda one: {"documents": [one, BIOC]}),
    "europe": (EUROPE, lambda one: {"resultList": {"result": [one, EUROPE]}}),
    "question": (QUESTION, lambda one: {"1": one, "2": QUESTION}),
    "plain": (PLAIN, lambda one: [one, PLAIN]),
}
"""A record of each layout, and a file of any record before it."""

WRONG = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=12),
    st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=3)), max_size=2),
    st.dictionaries(st.sampled_from(["name", "date", "x"]), st.one_of(st.none(), st.integers()), max_size=2),
)  # fmt: skip


def places(value: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places in a record where something stands."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*above, key)
        yield from places(inner, (*above, key))


def with_at(record: dict[str, Any], place: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(record)
    inner: Any = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return changed


def read(text: str) -> list[Record]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.json")
        path.write_text(text, encoding="utf-8")
        return list(read_file(path))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_is_read_as_it_is_meant(layout: str) -> None:
    record, file_of = LAYOUTS[layout]
    assert [type(one) for one in read(json.dumps(file_of(record)))] == [Document, Document]


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_record_with_something_else_in_a_place_is_one_record(layout: str, data: st.DataObject) -> None:
    record, file_of = LAYOUTS[layout]
    place = data.draw(st.sampled_from(sorted(places(record), key=repr)))
    damaged = with_at(record, place, data.draw(WRONG))
    text = json.dumps(file_of(damaged))
    found = read(text)
    assert isinstance(found[-1], Document)  # the one after it
    for one in found:
        assert isinstance(one, (Document, Rejected, Retraction))
        if isinstance(one, Document):
            content_digest(one, one.text, "")
            assert all(isinstance(fields["text"], str) for fields in build_passages(one, None))


def test_what_is_wrong_is_told() -> None:
    study = with_at(STUDY, ("protocolSection", "designModule", "enrollmentInfo", "count"), "many")
    told, after = read(json.dumps({"studies": [study, STUDY]}))
    assert isinstance(told, Rejected)
    assert told.reason.startswith("not in its layout: ")
    assert "enrolment" in told.reason
    assert isinstance(after, Document)


@pytest.mark.parametrize(
    ("written", "date"),
    [
        (("2018", "5", "7"), "2018-05-07"),
        (("2018", "13", "7"), "2018"),
        (("2018", "\u00b2", "7"), "2018"),  # a digit to Python, and no number
        (("2018", "9" * 5000, "7"), "2018"),
        (("2018", "05", "\u00b2"), "2018-05"),
        (("201\u00b2", "5", "7"), ""),
    ],
)
def test_a_date_is_told_as_far_as_it_has_numbers(written: tuple[str, str, str], date: str) -> None:
    assert format_date(*written) == date
    assert parse_year(written[0]) == (2018 if date else None)


def test_a_number_of_more_digits_than_python_takes_is_no_end() -> None:
    text = json.dumps({"studies": [STUDY, STUDY]}).replace('"count": 12', f'"count": {"9" * 5000}', 1)
    assert [type(one) for one in read(text)] == [Rejected, Document]


@pytest.mark.parametrize(
    ("layout", "changes"),
    [
        ("plain", {"id": 13.0, "pmid": 13.0, "year": 2001.0}),
        ("plain", {"id": "13.0", "pmid": "13.0", "year": "2001.00"}),
        ("europe", {"pmid": 12.0, "pubYear": 2001.0, "id": 12.0}),
    ],
)
def test_a_whole_number_that_pandas_wrote_as_a_decimal_is_the_whole_one(
    layout: str, changes: dict[str, object]
) -> None:
    record, file_of = LAYOUTS[layout]
    as_meant = next(one for one in read(json.dumps(file_of(record))) if isinstance(one, Document))
    [changed, _] = read(json.dumps(file_of(record | changes)))
    assert isinstance(changed, Document)
    assert (changed.id, changed.keys, changed.year, changed.url) == (
        as_meant.id, as_meant.keys, 2001, as_meant.url,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [(12345.0, "12345"), ("2019.00", "2019"), (7, "7"), ("10.1000/182.0", "10.1000/182.0"), (1.5, "1.5"),
     ("", ""), (None, ""), ("2019-05", "2019-05"), ("a\0 b", "a b")],
)  # fmt: skip
def test_numbers_are_written_whole(value: object, text: str) -> None:
    assert written(value) == text


NOTES = (
    "ROW_ID,SUBJECT_ID,HADM_ID,CHARTDATE,CATEGORY,DESCRIPTION,ISERROR,TEXT\n"
    '1,1,101,2100-01-01,N,D,,"a QQ"\n2.0,1.0,101.0,2100-01-01,N,D,,"b \u00e9"\n'
)


@pytest.mark.parametrize("odd", [b"\xed\xa0\x80", b"\xe9", b"\xff\xfe"])
def test_a_note_with_bytes_that_are_no_text_is_rejected_alone(tmp_path: Path, odd: bytes) -> None:
    path = tmp_path / "NOTEEVENTS.csv"
    path.write_bytes(NOTES.encode().replace(b"QQ", odd))
    bad, good = read_file(path)
    assert bad == Rejected(1, "mimic:1", "not UTF-8 text")
    assert isinstance(good, Document)
    assert (good.id, good.text, good.keys) == (
        "mimic:2", "N, D\nb \u00e9", ("MIMIC-SUBJECT:1", "MIMIC-HADM:101"),
    )  # fmt: skip
