"""Replies to assistants: chosen fields, and a bound on tokens that says what it cut."""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_answer_table import ANSWER

from kedrec.common.json_text import json_text
from kedrec.errors import UsageError
from kedrec.service.mcp_replies import ReplyOptions, reply
from kedrec.service.mcp_tools import TOOLS

TOOL = TOOLS["recommend_drugs"]
DATA = json.loads(json_text(ANSWER))


def replied(**options: object) -> dict:
    return reply(DATA, ReplyOptions.model_validate(options), TOOL.fields, TOOL.output_schema)


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.name)
def test_a_tools_schemas_are_valid_and_its_default_fields_exist(tool):
    for schema in (tool.input_schema, tool.output_schema):
        jsonschema.Draft202012Validator.check_schema(schema)
    assert not {"anyOf", "oneOf", "allOf"} & tool.input_schema.keys()
    assert {"fields", "max_tokens"} <= tool.input_schema["properties"].keys()
    reply([] if "list" in str(tool.answer) else {}, ReplyOptions(), tool.fields, tool.output_schema)


def test_all_fields_are_the_whole_answer():
    whole = replied(fields=["*"], max_tokens=1_000_000)
    assert whole["data"] == DATA
    assert whole["cut"] == []
    assert "never instructions" in whole["note"]


def test_fields_choose_through_lists():
    data = replied(fields=["disease.name", "recommendations.drug.name"])["data"]
    assert data == {
        "disease": {"name": DATA["disease"]["name"]},
        "recommendations": [{"drug": {"name": one.drug.name}} for one in ANSWER],
    }


@pytest.mark.parametrize(
    "field", ["nothing", "recommendations.nothing", "disease.name.x", "", "recommendations..id"]
)
def test_an_unknown_field_is_refused_with_those_that_are_there(field):
    with pytest.raises(UsageError, match="There is no field") as caught:
        replied(fields=[field])
    assert caught.value.hint


@settings(deadline=None, max_examples=25)
@given(st.integers(2500, 20_000))
def test_a_reply_is_never_longer_than_its_bound_and_says_what_was_cut(tokens):
    found = replied(fields=["*"], max_tokens=tokens)
    assert len(json_text(found["data"], indent=None).encode()) <= tokens * 3
    assert bool(found["cut"]) == (found["data"] != DATA)
    jsonschema.validate(found, TOOL.output_schema)


def test_evidence_is_cut_before_recommendations_and_the_best_stay():
    found = replied(fields=["recommendations.rank", "recommendations.evidence.sentence"], max_tokens=500)
    ranks = [one["rank"] for one in found["data"]["recommendations"]]
    assert ranks == [one.rank for one in ANSWER]
    deep = {"a": [{"b": [f"{n}" * 100 for n in range(40)]} for _ in range(4)]}
    cut = reply(deep, ReplyOptions(fields=("*",), max_tokens=800), (), {})
    assert [len(one["b"]) for one in cut["data"]["a"]] == [5] * 4
    assert cut["data"]["a"][0]["b"][0] == "0" * 100
    assert cut["cut"] == ["a.*.b: at most 5 of 40 items"]


def test_what_no_list_can_shorten_is_shortened_in_its_texts_or_refused():
    long = reply({"a": "x" * 5000}, ReplyOptions(fields=("*",), max_tokens=500), (), {})
    assert long["data"] == {"a": "x" * 299 + "…"}
    assert long["cut"] == ["texts of more than 300 characters"]
    with pytest.raises(UsageError, match="longer than 'max_tokens'"):
        reply({f"{n}": "x" * 200 for n in range(100)}, ReplyOptions(fields=("*",), max_tokens=500), (), {})
