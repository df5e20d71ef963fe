"""The path templates as declarations: what every file of `cypher/paths/` keeps to."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from kedrec.evidence.verbalize import merge_step, sentence
from kedrec.schema import load_schema
from kedrec.stores.templates import PathTemplate, path_templates
from kedrec.types import Edge, Entity
from kedrec.types import Path as GraphPath

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = pytest.mark.parametrize("template", path_templates(), ids=lambda template: template.name)


def test_there_are_enough_of_every_length_and_both_stances() -> None:
    lengths = {len(template.hops) for template in path_templates()}
    assert lengths == {1, 2, 3, 4}
    assert len(path_templates()) >= 18
    assert {template.stance for template in path_templates()} == {"supports", "adverse"}
    assert len({template.metapath for template in path_templates()}) == len(path_templates())


@TEMPLATES
def test_a_statement_matches_its_head(template: PathTemplate) -> None:
    body = "\n".join(line for line in template.text.splitlines() if not line.startswith("//"))
    for variable, hop in zip(template.step_variables, template.hops, strict=True):
        symmetric = load_schema().relations[hop.relation].symmetric
        arrow = rf"-\[{variable}:{hop.relation}\]-" if symmetric else None
        forward, backward = rf"-\[{variable}:{hop.relation}\]->", rf"<-\[{variable}:{hop.relation}\]-"
        assert re.search(arrow or (forward if hop.forward else backward), body), hop
    kinds = ["Drug", *(hop.kind for hop in template.hops)]
    for variable, kind in zip(template.node_variables, kinds, strict=True):
        assert re.search(rf"\({variable}:{kind}\b", body)
        assert f"{variable}.id AS {variable}_id" in body
    inner = template.node_variables[1:-1]
    assert all(f"{variable}.id IN $via" in body for variable in inner)
    for place, variable in enumerate(template.node_variables):
        for other, kind in zip(template.node_variables[:place], kinds, strict=False):
            if kind == kinds[place]:
                assert f"{other}.id <> {variable}.id" in body


@TEMPLATES
def test_a_statement_keeps_to_what_both_engines_know(template: PathTemplate) -> None:
    body = "\n".join(line for line in template.text.splitlines() if not line.startswith("//"))
    assert set(re.findall(r"\$(\w+)", body)) <= {"drug", "disease", "via", "limit"}
    assert {"drug", "disease", "limit"} <= set(re.findall(r"\$(\w+)", body))
    assert not re.search(r"\b(type|nodes|keys|apoc\.\w+|shortestPath)\s*\(|\bp\s*=|\]-\[|--|\*", body)
    assert "ORDER BY" in body
    assert not re.search(r"ORDER BY \d", body)
    # a variable in braces that a store's statements fill would be filled
    stores = {"kind", "relation", "start_kind", "end_kind", "any_kind", "ends", "columns", "file"}
    assert not stores & {*template.node_variables, *template.step_variables}


@TEMPLATES
def test_a_template_reads_as_a_sentence(template: PathTemplate) -> None:
    kinds = ["Drug", *(hop.kind for hop in template.hops)]
    nodes = [Entity(id=f"X:{n}", kind=kind, name=f"Name{n}") for n, kind in enumerate(kinds)]
    steps = []
    for hop, here, there in zip(template.hops, nodes, nodes[1:], strict=False):
        start, end = (here, there) if hop.forward else (there, here)
        edge = Edge(start=start.id, relation=hop.relation, end=end.id, source="s", licence="CC0-1.0")
        steps.append(merge_step(hop.relation, [edge], forward=hop.forward))
    path = GraphPath(
        template=template.name, metapath=template.metapath, nodes=tuple(nodes), steps=tuple(steps)
    )
    text = sentence(path)
    assert re.findall(r"Name\d", text) == [node.name for node in nodes]
    assert not re.search(r"[{}$]|  ", text)
    for step in path.steps:
        words = load_schema().relations[step.relation].wording
        assert (words.phrase if step.forward else words.inverse) in text


def test_the_page_lists_the_templates() -> None:
    run = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "template_table.py"), "--check"], check=False
    )
    assert run.returncode == 0
