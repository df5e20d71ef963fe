from typing import get_args

import jsonschema
import pytest
import yaml

from kedrec.common.assets import asset_text
from kedrec.errors import AssetError
from kedrec.schema import Role, json_schema, load_schema, parse_schema


def test_the_shipped_schema_follows_its_json_schema():
    jsonschema.validate(yaml.safe_load(asset_text("graph/schema.yaml")), json_schema())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sign: -1", "sign: -2"),
        ("phrase: treats\n", "phrase: 'treats; DROP'\n"),
        ("abbreviation: C\n", "abbreviation: compound\n"),
        ("https://go.drugbank.com", "javascript://go.drugbank.com"),
    ],
)
def test_the_json_schema_refuses_a_damaged_one(old, new):
    damaged = asset_text("graph/schema.yaml").replace(old, new, 1)
    assert damaged != asset_text("graph/schema.yaml")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(damaged), json_schema())


def test_every_relation_has_a_role_and_is_found_by_it():
    schema = load_schema()
    for name, relation in schema.relations.items():
        assert relation.role is not None
        assert name in schema.with_role(relation.role)
        for start, end in relation.pairs:
            assert name in schema.joining(relation.role, start, end)
    assert schema.with_role("treatment", "target") == ("TREATS", "BINDS")
    assert schema.joining("target", "Disease", "Gene") == ()


def test_a_role_that_code_never_asks_for_is_refused():
    text = asset_text("graph/schema.yaml").replace("role: treatment", "role: treatmant", 1)
    with pytest.raises(AssetError, match="TREATS has the unknown role 'treatmant'"):
        parse_schema(text)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(text), json_schema())


def test_the_roles_of_the_json_schema_are_those_of_the_code():
    roles = json_schema()["properties"]["relations"]["additionalProperties"]["properties"]["role"]["enum"]
    assert roles == list(get_args(Role))


def test_a_general_phrase_is_true_of_its_actions_but_for_those_that_say_otherwise():
    relations = load_schema().relations
    assert relations["BINDS"].wording.general
    assert relations["BINDS"].wording_for("inhibitor").general
    assert not relations["BINDS"].wording_for("replacement").general
    assert not relations["TREATS"].wording.general


def test_abbreviations_of_kinds_are_unique():
    abbreviations = [kind.abbreviation for kind in load_schema().kinds.values()]
    assert len(set(abbreviations)) == len(abbreviations)


def test_relations_between_the_same_kinds_have_different_abbreviations():
    seen: dict[tuple[str, str, str], str] = {}
    for relation in load_schema().relations.values():
        for start, end in relation.pairs:
            other = seen.setdefault((start, relation.abbreviation, end), relation.name)
            assert other == relation.name


def test_every_prefix_of_a_kind_is_declared():
    schema = load_schema()
    used = {prefix for kind in schema.kinds.values() for prefix in kind.prefixes}
    assert used <= schema.prefixes.keys()


def test_an_action_is_worded_by_itself_and_an_unknown_one_by_its_relation():
    binds = load_schema().relations["BINDS"]
    assert binds.wording_for("inhibitor").phrase == "inhibits"
    assert binds.wording_for("inhibitor").sign == -1
    assert binds.wording_for("agonist").sign == 1
    assert binds.wording_for("no such action").phrase == binds.wording_for().phrase == "binds"


def test_no_wording_stands_for_both_signs_of_one_relation():
    """A claim that uses such a phrase could not be checked for direction."""
    for relation in load_schema().relations.values():
        signs: dict[str, int] = {}
        for words in relation.actions.values():
            if words.sign:
                for phrase in (words.phrase, *words.paraphrases):
                    assert signs.setdefault(phrase, words.sign) == words.sign, (relation.name, phrase)


def test_a_curie_has_its_page_and_a_url_is_its_own():
    schema = load_schema()
    assert schema.url("PMID:15774254") == "https://pubmed.ncbi.nlm.nih.gov/15774254/"
    assert schema.url("https://example.org/x") == "https://example.org/x"
    assert schema.url("NOSUCH:1") == ""


@pytest.mark.parametrize(
    "text", ["", "version: 1", "- a list", "version: x\nkinds: {}\nrelations: {}\nprefixes: {}", "{"]
)
def test_a_damaged_schema_is_a_clear_error(text):
    with pytest.raises(AssetError, match=r"schema\.yaml"):
        parse_schema(text)


def test_a_schema_that_gives_a_key_twice_is_damaged():
    text = asset_text("graph/schema.yaml") + "\nversion: 1\n"
    with pytest.raises(AssetError, match=r"graph/schema\.yaml is damaged: .*the key 'version' of line"):
        parse_schema(text)


def test_a_pair_of_unknown_kinds_is_refused():
    text = asset_text("graph/schema.yaml").replace(
        "start: [Disease], end: [Gene]", "start: [Disaese], end: [Gene]"
    )
    with pytest.raises(AssetError, match="ASSOCIATED_WITH names unknown kinds"):
        parse_schema(text)
