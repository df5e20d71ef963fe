"""Readers of JSON, KGX and BioCypher meet damaged rows: each is read or refused, and none is an accident."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kedrec.errors import DataError
from kedrec.loading.readers.registry import READERS
from kedrec.loading.sources import load_source
from kedrec.loading.staging import Staging

STUDY = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT02210780", "briefTitle": "x", "acronym": "ABC"},
        "statusModule": {
            "overallStatus": "COMPLETED", "startDateStruct": {"date": "2014-08"}, "whyStopped": "no",
        },
        "designModule": {"studyType": "X", "phases": ["PHASE1"], "enrollmentInfo": {"count": 194}},
        "conditionsModule": {"conditions": ["Atopic Dermatitis"]},
        "armsInterventionsModule": {
            "interventions": [{"type": "DRUG", "name": "Dupilumab", "otherNames": ["x"]}],
        },
        "referencesModule": {"references": [{"pmid": "1"}]},
    },
    "derivedSection": {"conditionBrowseModule": {"meshes": [{"id": "D000003876", "term": "x"}]}},
    "hasResults": True,
}  # fmt: skip
FLAT = {
    "nct_id": "NCT00000378", "brief_title": "x", "overall_status": "Withdrawn", "phase": "Phase 4",
    "start_date": "July 1997", "conditions": ["MS"], "interventions": [{"type": "Drug", "name": "Aspirin"}],
    "condition_mesh": ["Sclerosis"], "study_type": "x",
}  # fmt: skip
HETNET = {
    "nodes": [{"kind": "Gene", "identifier": 6532, "name": "SLC6A4", "data": {"description": "x"}}],
    "edges": [
        {
            "source_id": ["Gene", 6532], "target_id": ["Gene", 1], "kind": "interacts", "direction": "both",
            "data": {
                "sources": ["x"], "license": "CC0 1.0", "pubmed_ids": [1], "actions": ["y"], "z_score": 1.5,
            },
        }
    ],
}  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([]), st.just({}),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [path] if path else []
    for key, item in inner:
        found += places(item, (*path, key))
    return found


def damaged(whole: Any, path: tuple[Any, ...], new: Any) -> Any:
    changed = copy.deepcopy(whole)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = new
    return changed


def read(folder: Path, source: str) -> None:
    """Reads a source's files into a staging area of its own: rows read are rows staged or refused."""
    with Staging(folder / "staging") as staging:
        declared = load_source(source)
        try:
            READERS[declared.reader](staging, declared, folder, lambda *_: None)
        except DataError:
            return
        for part in ("nodes", "edges"):
            staged = staging.count(f"{part[:-1]}_rows") + staging.count("rejects", f"part = '{part}'")
            assert staging.rows_read[part] == staged


@pytest.mark.parametrize(
    ("source", "name", "whole"),
    [
        ("clinicaltrials", "study.json", STUDY),
        ("clinicaltrials", "flat.jsonl", FLAT),
        ("hetionet-json", "hetionet-v1.0.json", HETNET),
    ],
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_json_with_another_value_somewhere(
    tmp_path: Path, source: str, name: str, whole: Any, data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(places(whole)))
    (tmp_path / name).write_text(json.dumps(damaged(whole, path, data.draw(SCALARS))), encoding="utf-8")
    read(tmp_path, source)


@pytest.mark.parametrize(
    "text", ["3", "null", '"x"', "[1, null]", "{}", '{"studies": 3}', '{"studies": [3]}']
)
def test_json_that_is_something_else(tmp_path: Path, text: str) -> None:
    (tmp_path / "page.json").write_text(text)
    read(tmp_path, "clinicaltrials")
    (tmp_path / "hetionet-v1.0.json").write_text(text)
    read(tmp_path, "hetionet-json")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nodes=st.binary(max_size=120), edges=st.binary(max_size=120))
def test_rubbish_in_kgx_and_biocypher(tmp_path: Path, nodes: bytes, edges: bytes) -> None:
    files = {
        "kgx": {
            "nodes.tsv": b"id\tcategory\tname\nX:1\tbiolink:Gene\tx\n" + nodes,
            "edges.tsv": b"subject\tpredicate\tobject\nX:1\ttreats\tX:1\n" + edges,
        },
        "biocypher": {
            "Gene-header.csv": b":ID;name;:LABEL\n", "Gene-part000.csv": b"'X:1';'x';'Gene'\n" + nodes,
            "E-header.csv": b":START_ID;:END_ID;:TYPE\n", "E-part000.csv": b"'X:1';'X:1';'BINDS'\n" + edges,
        },
    }  # fmt: skip
    for source, contents in files.items():
        folder = tmp_path / source
        folder.mkdir(exist_ok=True)
        for name, content in contents.items():
            (folder / name).write_bytes(content)
        read(folder, source)
