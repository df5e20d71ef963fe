"""Alterations that make a true sentence on a step false: another entity, direction, sign or citation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TYPE_CHECKING

from kedrec.evaluation.gate_steps import WordedStep, display_name, evidence_nodes
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.evidence.pair_evidence import PairEvidence

__all__ = ["ALTERATIONS", "Alteration"]

Alteration = Callable[["PairEvidence", WordedStep, Sequence[str], Random], "tuple[str, list[str]] | None"]
"""Text and citations of an altered sentence, from a pair, a step and other names; None: impossible."""


def _reverse(
    _: PairEvidence, step: WordedStep, __: Sequence[str], rng: Random
) -> tuple[str, list[str]] | None:
    edge = step.path.steps[step.index]
    if load_schema().relations[edge.relation].symmetric or step.phrase == step.inverse_phrase:
        return None
    a, b = step.names
    frame = rng.choice(("", "Evidence suggests that ", "According to the graph, "))
    return f"{frame}{b} {step.phrase} {a}", [step.item.id]


def _change_sign(
    _: PairEvidence, step: WordedStep, __: Sequence[str], rng: Random
) -> tuple[str, list[str]] | None:
    edge = step.path.steps[step.index]
    relation = load_schema().relations[edge.relation]
    signs = {relation.wording_for(parallel.action).sign for parallel in edge.edges} | {step.wording.sign}
    if 0 in signs or len(signs) > 1:
        return None
    opposites = [action for action in relation.actions.values() if action.sign == -step.wording.sign]
    if not opposites:
        return None
    opposite = rng.choice(opposites)
    a, b = step.names
    return f"{a} {opposite.phrase if edge.forward else opposite.inverse} {b}", [step.item.id]


def _swap_entity(
    pair: PairEvidence, step: WordedStep, _: Sequence[str], rng: Random
) -> tuple[str, list[str]] | None:
    path_ids = {node.id for node in step.path.nodes}
    kind = step.path.nodes[step.index + 1].kind
    names = sorted(
        {
            display_name(node)
            for item in pair.evidence
            for node in evidence_nodes(item)
            if node.kind == kind and node.id not in path_ids
        }
    )
    if not names:
        return None
    return f"{step.names[0]} {step.phrase} {rng.choice(names)}", [step.item.id]


def _foreign_entity(
    pair: PairEvidence, step: WordedStep, foreign: Sequence[str], rng: Random
) -> tuple[str, list[str]] | None:
    pair_names = {
        display_name(node) for item in (*pair.evidence, *pair.adverse) for node in evidence_nodes(item)
    }
    name = rng.choice(foreign)
    return None if name in pair_names else (f"{step.names[0]} {step.phrase} {name}", [step.item.id])


def _half_true(
    _: PairEvidence, step: WordedStep, __: Sequence[str], rng: Random
) -> tuple[str, list[str]] | None:
    if (next_step := step.next_step) is None:
        return None
    (a, b), c = step.names, next_step.names[1]
    if next_step.phrase in {step.phrase, next_step.inverse_phrase}:
        return None
    tail = rng.choice(
        (
            f", which {next_step.inverse_phrase} {c}",
            f", and {a} {next_step.phrase} {c}",
            f" and {next_step.phrase} {c}",
        )
    )
    return f"{a} {step.phrase} {b}{tail}", [step.item.id]


def _skip_link(
    _: PairEvidence, step: WordedStep, __: Sequence[str], rng: Random
) -> tuple[str, list[str]] | None:
    if (next_step := step.next_step) is None:
        return None
    frame = rng.choice(("", "It is thought that ", "Notably, "))
    return f"{frame}{step.names[0]} {next_step.phrase} {next_step.names[1]}", [step.item.id]


def _nest_wrongly(
    _: PairEvidence, step: WordedStep, __: Sequence[str], ___: Random
) -> tuple[str, list[str]] | None:
    if (next_step := step.next_step) is None:
        return None
    (a, b), c = step.names, next_step.names[1]
    return f"{a}, which {next_step.phrase} {c}, {step.phrase} {b}", [step.item.id]


def _cite_wrongly(
    pair: PairEvidence, step: WordedStep, _: Sequence[str], rng: Random
) -> tuple[str, list[str]] | None:
    a, b = step.path.nodes[step.index].id, step.path.nodes[step.index + 1].id
    other_ids = [
        item.id
        for item in (*pair.evidence, *pair.adverse)
        if not {a, b} <= {node.id for node in evidence_nodes(item)}
    ]
    if not other_ids:
        return None
    text = f"{step.names[0]} {step.phrase} {step.names[1]}"
    return text, rng.choice(([rng.choice(other_ids)], [step.item.id, rng.choice(other_ids)]))


def _drop_citation(
    _: PairEvidence, step: WordedStep, __: Sequence[str], rng: Random
) -> tuple[str, list[str]] | None:
    text = f"{step.names[0]} {step.phrase} {step.names[1]}"
    return text, rng.choice(([], ["P99"], [step.item.id, "P98"]))


def _other_pair_verdict(
    pair: PairEvidence, step: WordedStep, _: Sequence[str], rng: Random
) -> tuple[str, list[str]] | None:
    diseases = [display_name(node) for node in step.path.nodes[1:-1] if node.kind == "Disease"]
    drugs = [display_name(node) for node in step.path.nodes[1:-1] if node.kind == "Drug"]
    texts = [f"{display_name(pair.drug)} may help in {name}" for name in diseases]
    texts += [f"{name} may help in {display_name(pair.disease)}" for name in drugs]
    return (rng.choice(texts), [step.item.id]) if texts else None


ALTERATIONS: dict[str, Alteration] = {
    "reversed": _reverse,
    "sign changed": _change_sign,
    "entity swapped": _swap_entity,
    "entity foreign": _foreign_entity,
    "half true": _half_true,
    "link skipped": _skip_link,
    "nested wrongly": _nest_wrongly,
    "wrongly cited": _cite_wrongly,
    "not cited": _drop_citation,
    "verdict on another pair": _other_pair_verdict,
}
