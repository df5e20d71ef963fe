"""The Cypher files: their heads, and the rules that keep them running on both engines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kedrec.common.assets import asset_path
from kedrec.errors import AssetError
from kedrec.schema import load_schema
from kedrec.stores import PathTemplate, Template, load_template, path_templates
from kedrec.stores.templates import parse_path_template

ROOT = asset_path("cypher")
FILES = sorted(ROOT.rglob("*.cypher"))
SHARED = [path for path in FILES if path.parent.name not in {"ladybug", "neo4j"}]
HEAD = {"name": "x", "says": "{drug} {binds} {gene}, which {assoc} {disease}"}
METAPATH = "Drug BINDS Gene < ASSOCIATED_WITH Disease"


def statement_of(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("//"))


def ident(value: object) -> str:
    return str(value.relative_to(ROOT)) if isinstance(value, Path) else ""


@pytest.mark.parametrize("path", FILES, ids=ident)
def test_a_file_is_named_as_its_head_says(path: Path) -> None:
    folder = path.parent.relative_to(ROOT).parts[0]
    engine = path.parent.name if path.parent.name != folder else ""
    assert load_template(f"{folder}/{path.stem}", engine).head["name"] == path.stem


@pytest.mark.parametrize("path", SHARED, ids=ident)
def test_a_shared_statement_uses_what_both_engines_have(path: Path) -> None:
    text = statement_of(path)
    for word in (r"\btype\(", r"\blabels?\(", r"\bnodes\(", r"\bkeys\(", "apoc", "shortestPath"):
        assert not re.search(word, text, re.IGNORECASE), word
    assert not re.search(r"ORDER BY \d", text)


@pytest.mark.parametrize("path", FILES, ids=ident)
def test_values_are_parameters(path: Path) -> None:
    """Literals are names that are filled in from the schema; nothing else stands in quotes."""
    allowed = {
        "{kind}",
        "{relation}",
        "{file}",
        "{start_kind}",
        "{end_kind}",
        "TREATS",
        "PALLIATES",
        "_writer",
    }
    assert set(re.findall(r"'([^']*)'", statement_of(path))) <= allowed
    assert '"' not in statement_of(path)


def test_an_engine_folder_overrides_and_the_rest_is_shared() -> None:
    assert load_template("lookup/node", "ladybug").text != load_template("lookup/node", "neo4j").text
    assert load_template("lookup/metadata", "neo4j").text == load_template("lookup/metadata").text
    with pytest.raises(AssetError, match="nothing-like-it"):
        load_template("lookup/nothing-like-it", "neo4j")


def test_there_are_enough_path_templates() -> None:
    templates = path_templates()
    assert len(templates) >= 14
    assert {len(template.hops) for template in templates} == {1, 2, 3, 4}
    assert len({template.name for template in templates}) == len(templates)
    assert any(template.stance == "adverse" for template in templates)


@pytest.mark.parametrize("template", path_templates(), ids=lambda template: template.name)
def test_a_path_template_returns_what_its_head_names(template: PathTemplate) -> None:
    assert template.node_variables[0] == "drug"
    assert template.node_variables[-1] == "disease"
    for variable in template.node_variables:
        assert f"{variable}.id AS {variable}_id" in template.text
    for hop in template.hops:
        assert hop.relation in load_schema().relations
        assert f":{hop.relation}]" in template.text
    assert {"$drug", "$disease", "$limit"} <= set(re.findall(r"\$\w+", template.text))


def test_a_head_is_read_in_path_order() -> None:
    template = parse_path_template(Template("paths/x", HEAD | {"metapath": METAPATH}, ""))
    assert [(hop.relation, hop.forward, hop.kind) for hop in template.hops] == [
        ("BINDS", True, "Gene"),
        ("ASSOCIATED_WITH", False, "Disease"),
    ]
    assert template.node_variables == ("drug", "gene", "disease")
    assert template.step_variables == ("binds", "assoc")
    assert template.stance == "supports"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"metapath": "Drug BINDS Gene ASSOCIATED_WITH Disease"}, "no ASSOCIATED_WITH from Gene to Disease"),
        ({"metapath": "Drug BINDS Gene LIKES Disease"}, "LIKES"),
        ({"metapath": "Drug BINDS Gene"}, "3 variables"),
        ({"stance": "unsure"}, "unsure"),
    ],
)
def test_a_wrong_head_is_told(change: dict[str, str], complaint: str) -> None:
    with pytest.raises(AssetError, match=complaint):
        parse_path_template(Template("paths/x", HEAD | {"metapath": METAPATH} | change, ""))


def test_a_head_without_says_is_told() -> None:
    with pytest.raises(AssetError, match="says"):
        parse_path_template(Template("paths/x", {"name": "x", "metapath": METAPATH}, ""))


def test_every_relation_against_a_drug_has_a_template_that_shows_it() -> None:
    adverse = {template.hops[0].relation for template in path_templates() if len(template.hops) == 1}
    assert adverse >= set(load_schema().joining("contraindication", "Drug", "Disease"))
