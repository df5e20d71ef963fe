"""Generates true and false sentences on the paths of real pairs, each labelled with its error.

Every sentence is built from the evidence of one pair by a form of `gate_forms`, or by one change in a true
sentence: an entity, a direction, a sign, a citation. A change that happens to give a sentence that the cited
paths say is not used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from kedrec.evaluation.gate_alterations import ALTERATIONS
from kedrec.evaluation.gate_forms import FALSE, FALSE_HELD_OUT, STRONGER, TRUE, TRUE_HELD_OUT
from kedrec.evaluation.gate_steps import (
    WordedStep,
    display_name,
    evidence_nodes,
    gerund_of,
    infinitive_of,
    path_steps,
)
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.evidence.pair_evidence import PairEvidence

__all__ = ["Sentence", "sentences"]

_NOUNS = {
    "inhibits": "inhibition", "blocks": "blockade", "suppresses": "suppression", "activates": "activation",
    "stimulates": "stimulation", "binds": "binding", "modulates": "modulation", "antagonizes": "antagonism",
    "stabilizes": "stabilization", "targets": "targeting", "treats": "treatment", "regulates": "regulation",
}  # fmt: skip
_NON_MECHANISM_KINDS = {
    "Anatomy",
    "Cell",
    "CellularComponent",
    "Symptom",
    "SideEffect",
    "Drug",
    "Disease",
    "PharmacologicClass",
}
_SCHEMA = load_schema()
_COINCIDENCE_RELATIONS = set(
    _SCHEMA.with_role("expression", "site", "symptom", "side effect", "resemblance", "class", "covariation")
)
_MECHANISM_RELATIONS = set(
    _SCHEMA.with_role(
        "target", "effect", "disease gene", "participation", "interaction", "regulation", "correlation"
    )
)
_CONTRAINDICATIONS = _SCHEMA.with_role("contraindication")
_PER_FORM = 2  # sentences of one form and pair


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its citations, for the gate to judge against its pair's evidence.

    Attributes:
        pair: the pair whose evidence it cites.
        text: the sentence.
        true: whether the cited evidence says it.
        group: the error of a false sentence, the form of a true one.
        held_out: whether its form was held out while the gate was built.
    """

    pair: PairEvidence
    text: str
    true: bool
    group: str
    held_out: bool


def sentences(pairs: Sequence[PairEvidence], seed: int) -> Iterator[Sentence]:
    """Yields sentences of every kind on every pair, where its evidence fits the form."""
    foreign = sorted(
        {display_name(node) for pair in pairs for item in pair.evidence for node in evidence_nodes(item)}
    )
    for pair in pairs:
        rng = Random(f"{seed}:{pair.drug.id}:{pair.disease.id}")  # noqa: S311  # draws sentences, no secrets
        yield from _form_sentences(pair, TRUE, rng, true=True, held_out=False)
        yield from _form_sentences(pair, TRUE_HELD_OUT, rng, true=True, held_out=True)
        yield from _schema_sentences(pair, rng)
        yield from _form_sentences(pair, FALSE, rng, true=False, held_out=False)
        yield from _form_sentences(pair, FALSE_HELD_OUT, rng, true=False, held_out=True)
        yield from _overstated_sentences(pair, rng)
        yield from _altered_sentences(pair, foreign, rng)


def _form_values(pair: PairEvidence, step: WordedStep, *, reasons: bool) -> dict[str, str]:
    """Values of a form's fields for a step; fields without a value are absent."""
    values = {"drug": display_name(pair.drug), "disease": display_name(pair.disease)}
    values["A"], values["B"] = step.names
    values |= {
        "does": step.phrase,
        "done": step.inverse_phrase,
        "do": infinitive_of(step.phrase),
        "be_done": infinitive_of(step.inverse_phrase),
    }
    values |= {"doing": gerund_of(step.phrase), "noun": _NOUNS.get(step.phrase, "")}
    values["Noun"] = values["noun"].capitalize()
    phrases = (step.phrase, *(step.wording.paraphrases if step.path.steps[step.index].forward else ()))
    values["agent"] = next((phrase[3:] for phrase in phrases if re.match(r"is an? \w+ of$", phrase)), "")
    if (next_step := step.next_step) is not None:
        values |= {"does2": next_step.phrase, "do2": infinitive_of(next_step.phrase), "C": next_step.names[1]}
    if reasons:
        values["X"] = next(
            (display_name(node) for node in step.path.nodes[1:-1] if node.kind in _NON_MECHANISM_KINDS), ""
        )
        if step.path.steps[step.index].relation in _COINCIDENCE_RELATIONS:
            values["chain"] = f"{values['A']} {step.phrase} {values['B']}"
        harms = [first for first in path_steps(pair.adverse) if first.index == 0]
        harms += [
            first
            for first in path_steps(pair.evidence)
            if first.index == 0 and _SCHEMA.relations[first.path.steps[0].relation].role == "side effect"
        ]
        harm = next(iter(harms), None)
        if harm is not None:
            values["harm"] = f"{harm.names[0]} {harm.phrase} {harm.names[1]}"
            values["harm_id"] = harm.item.id
        for name in ("chain", "harm"):
            if name in values:
                values[name.capitalize()] = values[name][0].upper() + values[name][1:]
    return {name: value for name, value in values.items() if value}


def _form_sentences(
    pair: PairEvidence, forms: dict[str, tuple[str, ...]], rng: Random, *, true: bool, held_out: bool
) -> Iterator[Sentence]:
    contraindicated = _contraindicated(pair)
    for group, patterns in forms.items():
        # A hopeful verdict is false exactly where the pair has a contraindication.
        if group == "hopeful beside a contraindication" and not contraindicated:
            continue
        for pattern in patterns:
            if true and contraindicated and re.search(r"may help|might|could|may be of", pattern):
                continue
            steps = [step for step in path_steps(pair.evidence) if _is_applicable(group, pattern, step)]
            rng.shuffle(steps)
            count = 0
            for step in steps:
                values = _form_values(pair, step, reasons=not true)
                if count < _PER_FORM and set(re.findall(r"\{(\w+)\}", pattern)) <= values.keys():
                    count += 1
                    ids = [step.item.id]
                    if "harm}" in pattern.lower():
                        ids = (
                            [values["harm_id"], *ids]
                            if "{drug}" in pattern or "{disease}" in pattern
                            else [values["harm_id"]]
                        )
                    text = pattern.format_map(values)
                    yield _sentence(pair, text, ids, group, true=true, held_out=held_out)


def _is_applicable(group: str, pattern: str, step: WordedStep) -> bool:
    """True if a form fits a step: a reason, for example, needs the first step of a mechanism."""
    relation = step.path.steps[step.index].relation
    verdict = "{disease}" in pattern
    if group == "reasons" or (verdict and group == "nominal"):
        kinds = {node.kind for node in step.path.nodes[1:-1]}
        is_mechanism = {
            path_step.relation for path_step in step.path.steps
        } <= _MECHANISM_RELATIONS and not kinds & _NON_MECHANISM_KINDS
        is_handled = {path_step.action for path_step in step.path.steps} & {"substrate", "carrier"}
        return step.index == 0 and step.item.role == "mechanism" and is_mechanism and not is_handled
    if "this gene" in pattern:
        return step.path.nodes[step.index + 1].kind == "Gene" and step.path.nodes[step.index].kind != "Gene"
    if group == "treatment without an edge":
        return relation not in _SCHEMA.with_role("treatment")
    return relation not in _CONTRAINDICATIONS


def _contraindicated(pair: PairEvidence) -> bool:
    paths = [item.path for item in pair.adverse if item.path]
    return any(
        path.steps[0].relation in _CONTRAINDICATIONS
        and all(
            step.relation in _SCHEMA.with_role("hierarchy") and not step.forward for step in path.steps[1:]
        )
        for path in paths
    )


def _sentence(
    pair: PairEvidence, text: str, ids: Sequence[str], group: str, *, true: bool, held_out: bool = False
) -> Sentence:
    citations = "".join(f"[{id_}]" for id_ in ids)
    return Sentence(pair, f"{text[0].upper()}{text[1:]} {citations}.", true, group, held_out)


def _schema_sentences(pair: PairEvidence, rng: Random) -> Iterator[Sentence]:
    """Yields up to four steps, each in every wording that the schema has for it."""
    for step in rng.sample(steps := path_steps(pair.evidence), min(4, len(steps))):
        a, b = step.names
        forward = step.path.steps[step.index].forward
        wording = step.wording
        statements = [
            (a, phrase, b) if forward else (b, phrase, a) for phrase in (wording.phrase, *wording.paraphrases)
        ]
        statements += [
            (b, phrase, a) if forward else (a, phrase, b)
            for phrase in (wording.inverse, *wording.inverse_paraphrases)
        ]
        for subject, phrase, object_ in statements:
            # Words before the wording make sure that the gate parses it rather than compare strings.
            yield _sentence(
                pair,
                f"In addition, {subject} {phrase} {object_}",
                [step.item.id],
                "schema wordings",
                true=True,
            )


def _overstated_sentences(pair: PairEvidence, rng: Random) -> Iterator[Sentence]:
    """Yields steps in wordings stronger than the edge supports."""
    for step in path_steps((*pair.evidence, *pair.adverse)):
        edge = step.path.steps[step.index]
        role = _SCHEMA.relations[edge.relation].role
        if edge.relation not in STRONGER or (role == "disease gene" and edge.action):
            continue
        roles = {_SCHEMA.relations[path_step.relation].role for path_step in step.path.steps}
        start, end = step.names if edge.forward else step.names[::-1]
        for phrase, inverse in STRONGER[edge.relation]:
            if {"treats": "treatment", "binds": "target", "regulates": "regulation"}.get(phrase, "") in roles:
                continue
            if rng.random() < 0.5:
                text = f"{start} {phrase} {end}"
                yield _sentence(pair, text, [step.item.id], "stronger than the evidence", true=False)
            elif inverse:
                text = f"{end} {inverse} {start}"
                yield _sentence(pair, text, [step.item.id], "stronger than the evidence", true=False)


def _altered_sentences(pair: PairEvidence, foreign: Sequence[str], rng: Random) -> Iterator[Sentence]:
    """Yields true sentences with one thing changed."""
    for group, alter in ALTERATIONS.items():
        steps = path_steps(pair.evidence)
        rng.shuffle(steps)
        count = 0
        for step in steps:
            if count < 2 * _PER_FORM and (altered := alter(pair, step, foreign, rng)):
                count += 1
                yield _sentence(pair, altered[0], altered[1], group, true=False)
