"""Biolink's words for the schema: all of them, and ids that go there and come back."""

from __future__ import annotations

import pytest

from kedrec.schema import load_schema
from kedrec.service.trapi_words import CATEGORIES, PREDICATES, infores, own_id, translator_id

SCHEMA = load_schema()


def test_every_kind_has_a_category_and_every_relation_a_predicate():
    assert CATEGORIES.keys() == SCHEMA.kinds.keys()
    assert PREDICATES.keys() == SCHEMA.relations.keys()


@pytest.mark.parametrize("prefix", SCHEMA.prefixes)
def test_an_id_comes_back_as_it_went(prefix):
    for curie in (f"{prefix}:C0012345", f"{prefix}:0005301"):
        assert own_id(translator_id(curie)).partition(":")[0] == prefix


@pytest.mark.parametrize(
    ("given", "own"),
    [("CHEMBL.COMPOUND:CHEMBL25", "CHEMBL:CHEMBL25"), ("orphanet:123", "ORPHANET:123"),
     ("mondo:0005301", "MONDO:0005301"),      ("fingolimod", ""), (":1", ""), ("MONDO:", ""), ("", "")],
)  # fmt: skip
def test_ids_are_read_and_names_are_none(given, own):
    assert own_id(given) == own


def test_a_private_overlay_is_not_named():
    assert infores("overlay:secret-project") == infores("kedrec") == "infores:kedrec-own-tables"
    assert infores("Some Source_1") == "infores:some-source-1"
