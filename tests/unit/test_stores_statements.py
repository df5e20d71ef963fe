"""Contents of a Cypher statement: names of the schema, and nothing else."""

from __future__ import annotations

import pytest

from kedrec.errors import AssetError, UsageError
from kedrec.schema import load_schema
from kedrec.stores import EDGE_COLUMNS, NODE_COLUMNS
from kedrec.stores.cypher_statements import chosen_columns, query, statement
from kedrec.stores.marking import add_marks


def test_a_kind_of_the_schema_is_filled_in() -> None:
    assert "MATCH (n:`Drug`)" in statement("lookup/count-nodes", "ladybug", kind="Drug")


def test_any_kind_is_every_kind() -> None:
    text = statement("lookup/node", "neo4j")
    assert "|".join(f"`Kedrec{kind}`" for kind in load_schema().kinds) in text
    assert "{any_kind}" not in text


def test_every_pair_of_a_relation_is_in_its_table() -> None:
    text = statement("write/create-edges", "ladybug", relation="TREATS")
    for start, end in load_schema().relations["TREATS"].pairs:
        assert f"FROM `{start}` TO `{end}`" in text


@pytest.mark.parametrize("name", ["drug", "Drug`", "Drug {x: 1}", 'x"}) DETACH DELETE n //'])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no kind"):
        statement("lookup/count-nodes", "ladybug", kind=name)
    with pytest.raises(UsageError, match="no relation"):
        statement("lookup/count-edges", "neo4j", relation=name)
    with pytest.raises(UsageError, match="no kind"):
        statement("write/delete-edges", "neo4j", relation="TREATS", start_kind="Drug", end_kind=name)


@pytest.mark.parametrize("path", ["it's", 'a"b', "a*", "a?", "[a]", "{a}", "a\\b", "a\nb"])
def test_a_path_that_a_literal_cannot_hold_is_refused(path: str) -> None:
    with pytest.raises(UsageError, match="can't read"):
        statement("write/copy-nodes", "ladybug", kind="Drug", file=f"/tmp/{path}.parquet")


def test_a_placeholder_without_value_is_an_error_of_the_file() -> None:
    with pytest.raises(AssetError, match="kind"):
        statement("lookup/count-nodes", "ladybug")


def test_an_engine_has_its_own_wording_where_it_needs_one() -> None:
    assert "label(n)" in statement("lookup/node", "ladybug")
    assert "labels(n)" in statement("lookup/node", "neo4j")
    assert statement("lookup/metadata", "ladybug") == statement("lookup/metadata", "neo4j")


def test_a_query_wants_each_of_its_parameters() -> None:
    assert "$disease" in query("lookup/known-treatments", "neo4j", {"disease": "x"})
    with pytest.raises(UsageError, match="disease"):
        query("lookup/known-treatments", "neo4j", {"drug": "x"})


def test_columns_are_those_of_the_seam() -> None:
    assert chosen_columns(NODE_COLUMNS, None) is NODE_COLUMNS
    assert chosen_columns(EDGE_COLUMNS, ["year", "start"]).names == ["year", "start"]
    for wrong in (["colour"], [], ["id; DROP TABLE x"]):
        with pytest.raises(UsageError):
            chosen_columns(NODE_COLUMNS, wrong)


@pytest.mark.parametrize(
    ("step", "marked"),
    [
        ("-[r:TREATS]->", "-[r:TREATS {kedrec: true}]->"),
        ("<-[:BINDS]-", "<-[:BINDS {kedrec: true}]-"),
        ("-[r]-", "-[r {kedrec: true}]-"),
        ("-[:IS_A*1..2]->", "-[:IS_A*1..2 {kedrec: true}]->"),
        (
            "-[r:TREATS|PALLIATES {source: $source}]->",
            "-[r:TREATS|PALLIATES {kedrec: true, source: $source}]->",
        ),
        ("-[r:TREATS {kedrec: true}]->", "-[r:TREATS {kedrec: true}]->"),
    ],
)
def test_each_step_of_a_statement_is_one_that_kedrec_wrote(step: str, marked: str) -> None:
    kinds = load_schema().kinds
    assert (
        add_marks("x", f"MATCH (a:Drug){step}(b:Disease) RETURN a", kinds)
        == f"MATCH (a:`KedrecDrug`){marked}(b:`KedrecDisease`) RETURN a\n"
    )
