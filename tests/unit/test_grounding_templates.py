"""The gate reads what KEDRec itself says: every template, in every wording that the schema has for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kedrec.evidence.verbalize import evidence_item
from kedrec.grounding import check
from kedrec.schema import load_schema
from kedrec.stores.templates import PathTemplate, path_templates
from kedrec.types import Edge, Entity, Evidence, Path, PathStep

TEMPLATES = {template.name: template for template in path_templates()}
NAMES = ["Alphazine", "Betagen", "gamma signaling", "delta-4", "epsilon disease"]


def paths(template: PathTemplate) -> Iterator[Path]:
    """The template's path without actions, then with each action of each step."""
    schema = load_schema()
    kinds = ["Drug", *(hop.kind for hop in template.hops)]
    names = [*NAMES[: len(kinds) - 1], NAMES[-1]]
    nodes = [
        Entity(id=f"X:{n}", kind=kind, name=name)
        for n, (kind, name) in enumerate(zip(kinds, names, strict=True))
    ]
    for place in range(len(template.hops)):
        for action in ("", *schema.relations[template.hops[place].relation].actions):
            steps = []
            for at, hop in enumerate(template.hops):
                ends = (nodes[at], nodes[at + 1]) if hop.forward else (nodes[at + 1], nodes[at])
                said = action if at == place else ""
                edge = Edge(
                    start=ends[0].id,
                    relation=hop.relation,
                    end=ends[1].id,
                    source="s",
                    licence="CC0-1.0",
                    action=said,
                )
                steps.append(PathStep(relation=hop.relation, action=said, forward=hop.forward, edges=(edge,)))
            yield Path(template=template.name, metapath="", nodes=tuple(nodes), steps=tuple(steps))


def reason(text: str, item: Evidence) -> str:
    assert item.path is not None
    supporting = [item] if item.stance == "supports" else []
    adverse = [] if supporting else [item]
    first, last = item.path.nodes[0], item.path.nodes[-1]
    return check(text, first, last, supporting, adverse).claims[0].reason


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_sentence_of_a_template_is_understood_and_holds(name: str) -> None:
    template = TEMPLATES[name]
    for path in paths(template):
        item = evidence_item(path, "P1", 0.5, template.stance)
        # With a word in front it isn't the evidence's own sentence, so it has to be read.
        assert reason(f"In addition, {item.sentence} [P1].", item) == "", item.sentence


@pytest.mark.parametrize("name", TEMPLATES)
def test_with_first_and_last_exchanged_it_does_not_hold(name: str) -> None:
    template = TEMPLATES[name]
    path = next(paths(template))
    item = evidence_item(path, "P1", 0.5, template.stance)
    first, last = path.nodes[0].name, path.nodes[-1].name
    turned = item.sentence.replace(first, "\0").replace(last, first).replace("\0", last)
    assert reason(f"{turned} [P1].", item) != "", turned


def test_every_paraphrase_of_every_relation_is_understood() -> None:
    schema = load_schema()
    missed = []
    for relation in schema.relations.values():
        start_kind, end_kind = relation.pairs[0]
        nodes = (
            Entity(id="X:0", kind=start_kind, name=NAMES[0]),
            Entity(id="X:1", kind=end_kind, name=NAMES[1]),
        )
        for action, wording in (("", relation.wording), *relation.actions.items()):
            edge = Edge(
                start="X:0", relation=relation.name, end="X:1", source="s", licence="x", action=action
            )
            step = PathStep(relation=relation.name, action=action, forward=True, edges=(edge,))
            item = evidence_item(Path(template="-", metapath="", nodes=nodes, steps=(step,)), "P1", 1.0)
            said = [f"{NAMES[0]} {phrase} {NAMES[1]}" for phrase in (wording.phrase, *wording.paraphrases)]
            said += [
                f"{NAMES[1]} {phrase} {NAMES[0]}"
                for phrase in (wording.inverse, *wording.inverse_paraphrases)
            ]
            missed += [text for text in said if reason(f"In addition, {text} [P1].", item) != ""]
    assert missed == []
