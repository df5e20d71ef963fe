"""Makes true and false sentences on the paths of real pairs, each with what is wrong in it.

Every sentence is made from the evidence of one pair by a form of `gate_forms`, or by changing one thing in a
true sentence: an entity, a direction, a sign, a citation. A change that happens to give a sentence that the
cited paths say is not used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from kedrec.common.plain_text import one_line, shown_name
from kedrec.evaluation.gate_forms import FALSE, FALSE_HELD_OUT, STRONGER, TRUE, TRUE_HELD_OUT
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.evidence.pair_evidence import PairEvidence
    from kedrec.schema import Action
    from kedrec.types import Entity, Evidence, Path

__all__ = ["Sentence", "sentences"]

_NOUNS = {
    "inhibits": "inhibition", "blocks": "blockade", "suppresses": "suppression", "activates": "activation",
    "stimulates": "stimulation", "binds": "binding", "modulates": "modulation", "antagonizes": "antagonism",
    "stabilizes": "stabilization", "targets": "targeting", "treats": "treatment", "regulates": "regulation",
}  # fmt: skip
_NO_WAY = {
    "Anatomy",
    "Cell",
    "CellularComponent",
    "Symptom",
    "SideEffect",
    "Drug",
    "Disease",
    "PharmacologicClass",
}
_COINCIDES = {"EXPRESSED_IN", "LOCALIZES_TO", "PRESENTS", "CAUSES", "RESEMBLES", "MEMBER_OF", "COVARIES_WITH"}
_PLAIN = {
    "BINDS",
    "AFFECTS",
    "ASSOCIATED_WITH",
    "PARTICIPATES_IN",
    "INTERACTS_WITH",
    "REGULATES",
    "CORRELATED_WITH",
}
_EACH = 2  # sentences of one form and pair


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its citations, for the gate to judge against its pair's evidence.

    Attributes:
        pair: whose evidence.
        text: the sentence.
        true: whether the evidence it cites says it.
        group: what is wrong, or how it is said.
        held_out: whether its form was held out while the gate was built.
    """

    pair: PairEvidence
    text: str
    true: bool
    group: str
    held_out: bool


def sentences(pairs: Sequence[PairEvidence], seed: int) -> Iterator[Sentence]:
    """Every kind of sentence on every pair, as far as its evidence lends itself to it."""
    foreign = sorted({shown(node) for pair in pairs for item in pair.evidence for node in _nodes(item)})
    for pair in pairs:
        rng = Random(f"{seed}:{pair.drug.id}:{pair.disease.id}")  # noqa: S311  # draws sentences, no secrets
        yield from _of_forms(pair, TRUE, rng, true=True, held_out=False)
        yield from _of_forms(pair, TRUE_HELD_OUT, rng, true=True, held_out=True)
        yield from _of_schema(pair, rng)
        yield from _of_forms(pair, FALSE, rng, true=False, held_out=False)
        yield from _of_forms(pair, FALSE_HELD_OUT, rng, true=False, held_out=True)
        yield from _stronger(pair, rng)
        yield from _changed(pair, foreign, rng)


def shown(node: Entity) -> str:
    """A node's name as evidence shows it."""
    return one_line(shown_name(node.name))


def _nodes(item: Evidence) -> tuple[Entity, ...]:
    return item.path.nodes if item.path else ()


@dataclass(frozen=True, slots=True)
class _Step:
    """A step of an item's path with its wordings, both ways."""

    item: Evidence
    path: Path
    at: int

    @property
    def names(self) -> tuple[str, str]:
        return shown(self.path.nodes[self.at]), shown(self.path.nodes[self.at + 1])

    @property
    def wording(self) -> Action:
        step = self.path.steps[self.at]
        return load_schema().relations[step.relation].worded(step.action)

    @property
    def does(self) -> str:
        return self.wording.phrase if self.path.steps[self.at].forward else self.wording.inverse

    @property
    def done(self) -> str:
        return self.wording.inverse if self.path.steps[self.at].forward else self.wording.phrase


def _steps(items: Sequence[Evidence]) -> list[_Step]:
    return [_Step(item, item.path, at) for item in items if item.path for at in range(len(item.path.steps))]


def _base(phrase: str) -> str:
    """The phrase after "to"; "" where it has no such form."""
    verb, _, rest = phrase.partition(" ")
    if verb in {"can", "may", "was", "should", "must", "when"} or verb.endswith("ly"):
        return ""
    plain = {"is": "be", "has": "have"}.get(verb) or re.sub(r"(?<=ss|sh|ch)es$|(?<=[^s])s$", "", verb)
    return f"{plain} {rest}".strip()


def _doing(phrase: str) -> str:
    base = _base(phrase)
    verb, _, rest = base.partition(" ")
    return f"{re.sub('e$', '', verb)}ing {rest}".strip() if verb and verb != "be" else ""


def _parts(pair: PairEvidence, step: _Step, *, reasons: bool) -> dict[str, str]:
    """What a form's names are filled with; what can't be is left out."""
    parts = {"drug": shown(pair.drug), "disease": shown(pair.disease)}
    parts["A"], parts["B"] = step.names
    parts |= {"does": step.does, "done": step.done, "do": _base(step.does), "be_done": _base(step.done)}
    parts |= {"doing": _doing(step.does), "noun": _NOUNS.get(step.does, "")}
    parts["Noun"] = parts["noun"].capitalize()
    every = (step.does, *(step.wording.paraphrases if step.path.steps[step.at].forward else ()))
    parts["agent"] = next((one[3:] for one in every if re.match(r"is an? \w+ of$", one)), "")
    if step.at + 1 < len(step.path.steps):
        after = _Step(step.item, step.path, step.at + 1)
        parts |= {"does2": after.does, "do2": _base(after.does), "C": after.names[1]}
    if reasons:
        parts["X"] = next((shown(node) for node in step.path.nodes[1:-1] if node.kind in _NO_WAY), "")
        if step.path.steps[step.at].relation in _COINCIDES:
            parts["chain"] = f"{parts['A']} {step.does} {parts['B']}"
        against = [one for one in _steps(pair.adverse) if one.at == 0]
        against += [
            one for one in _steps(pair.evidence) if one.at == 0 and one.path.steps[0].relation == "CAUSES"
        ]
        harm = next(iter(against), None)
        if harm is not None:
            parts["harm"] = f"{harm.names[0]} {harm.does} {harm.names[1]}"
            parts["harm_id"] = harm.item.id
        for name in ("chain", "harm"):
            if name in parts:
                parts[name.capitalize()] = parts[name][0].upper() + parts[name][1:]
    return {name: value for name, value in parts.items() if value}


def _of_forms(
    pair: PairEvidence, forms: dict[str, tuple[str, ...]], rng: Random, *, true: bool, held_out: bool
) -> Iterator[Sentence]:
    contraindicated = _contraindicated(pair)
    for group, patterns in forms.items():
        # A verdict is right only where nothing forbids it, and one beside a contraindication only wrong.
        if group == "hopeful beside a contraindication" and not contraindicated:
            continue
        for pattern in patterns:
            if true and contraindicated and re.search(r"may help|might|could|may be of", pattern):
                continue
            steps = [one for one in _steps(pair.evidence) if _fits(group, pattern, one)]
            rng.shuffle(steps)
            made = 0
            for step in steps:
                parts = _parts(pair, step, reasons=not true)
                if made < _EACH and set(re.findall(r"\{(\w+)\}", pattern)) <= parts.keys():
                    made += 1
                    ids = [step.item.id]
                    if "harm}" in pattern.lower():
                        ids = (
                            [parts["harm_id"], *ids]
                            if "{drug}" in pattern or "{disease}" in pattern
                            else [parts["harm_id"]]
                        )
                    text = pattern.format_map(parts)
                    yield _sentence(pair, text, ids, group, true=true, held_out=held_out)


def _fits(group: str, pattern: str, step: _Step) -> bool:
    """Whether a form that argues may be filled with a step: a reason needs a mechanism, from the drug on."""
    relation = step.path.steps[step.at].relation
    verdict = "{disease}" in pattern
    if group == "reasons" or (verdict and group == "nominal"):
        kinds = {node.kind for node in step.path.nodes[1:-1]}
        mechanism = {one.relation for one in step.path.steps} <= _PLAIN and not kinds & _NO_WAY
        handled = {one.action for one in step.path.steps} & {"substrate", "carrier"}
        return step.at == 0 and mechanism and not handled
    if "this gene" in pattern:
        return step.path.nodes[step.at + 1].kind == "Gene" and step.path.nodes[step.at].kind != "Gene"
    if group == "treatment without an edge":
        return relation != "TREATS"
    return relation != "CONTRAINDICATED_FOR"


def _contraindicated(pair: PairEvidence) -> bool:
    paths = [item.path for item in pair.adverse if item.path]
    return any(
        path.steps[0].relation == "CONTRAINDICATED_FOR"
        and all(step.relation == "IS_A" and not step.forward for step in path.steps[1:])
        for path in paths
    )


def _sentence(
    pair: PairEvidence, text: str, ids: Sequence[str], group: str, *, true: bool, held_out: bool = False
) -> Sentence:
    cited = "".join(f"[{id_}]" for id_ in ids)
    return Sentence(pair, f"{text[0].upper()}{text[1:]} {cited}.", true, group, held_out)


def _of_schema(pair: PairEvidence, rng: Random) -> Iterator[Sentence]:
    """A step in each wording that the schema has for it."""
    for step in rng.sample(every := _steps(pair.evidence), min(4, len(every))):
        a, b = step.names
        forward = step.path.steps[step.at].forward
        wording = step.wording
        said = [
            (a, phrase, b) if forward else (b, phrase, a) for phrase in (wording.phrase, *wording.paraphrases)
        ]
        said += [
            (b, phrase, a) if forward else (a, phrase, b)
            for phrase in (wording.inverse, *wording.inverse_paraphrases)
        ]
        for one, phrase, other in said:
            # In front of its own wording a word shows that it was read, and not compared alone.
            yield _sentence(
                pair, f"In addition, {one} {phrase} {other}", [step.item.id], "schema wordings", true=True
            )


def _stronger(pair: PairEvidence, rng: Random) -> Iterator[Sentence]:
    """Steps in words that say more than an edge does whose source doesn't."""
    for step in _steps((*pair.evidence, *pair.adverse)):
        edge = step.path.steps[step.at]
        if edge.relation not in STRONGER or (edge.relation == "ASSOCIATED_WITH" and edge.action):
            continue
        relations = {one.relation for one in step.path.steps}
        start, end = step.names if edge.forward else step.names[::-1]
        for phrase, inverse in STRONGER[edge.relation]:
            if {"treats": "TREATS", "binds": "BINDS", "regulates": "REGULATES"}.get(phrase) in relations:
                continue
            if rng.random() < 0.5:
                text = f"{start} {phrase} {end}"
                yield _sentence(pair, text, [step.item.id], "stronger than the evidence", true=False)
            elif inverse:
                text = f"{end} {inverse} {start}"
                yield _sentence(pair, text, [step.item.id], "stronger than the evidence", true=False)


_Change = Callable[["PairEvidence", _Step, Sequence[str], Random], "tuple[str, list[str]] | None"]


def _changed(pair: PairEvidence, foreign: Sequence[str], rng: Random) -> Iterator[Sentence]:
    """True sentences with one thing changed."""
    for group, change in _CHANGES.items():
        steps = _steps(pair.evidence)
        rng.shuffle(steps)
        made = 0
        for step in steps:
            if made < 2 * _EACH and (changed := change(pair, step, foreign, rng)):
                made += 1
                yield _sentence(pair, changed[0], changed[1], group, true=False)


def _reversed(_: PairEvidence, step: _Step, __: Sequence[str], rng: Random) -> tuple[str, list[str]] | None:
    edge = step.path.steps[step.at]
    if load_schema().relations[edge.relation].symmetric or step.does == step.done:
        return None
    a, b = step.names
    frame = rng.choice(("", "Evidence suggests that ", "According to the graph, "))
    return f"{frame}{b} {step.does} {a}", [step.item.id]


def _resigned(_: PairEvidence, step: _Step, __: Sequence[str], rng: Random) -> tuple[str, list[str]] | None:
    edge = step.path.steps[step.at]
    relation = load_schema().relations[edge.relation]
    signs = {relation.worded(one.action).sign for one in edge.edges} | {step.wording.sign}
    if 0 in signs or len(signs) > 1:
        return None
    others = [one for one in relation.actions.values() if one.sign == -step.wording.sign]
    if not others:
        return None
    other = rng.choice(others)
    a, b = step.names
    return f"{a} {other.phrase if edge.forward else other.inverse} {b}", [step.item.id]


def _swapped(pair: PairEvidence, step: _Step, _: Sequence[str], rng: Random) -> tuple[str, list[str]] | None:
    own = {node.id for node in step.path.nodes}
    kind = step.path.nodes[step.at + 1].kind
    others = sorted(
        {shown(n) for item in pair.evidence for n in _nodes(item) if n.kind == kind and n.id not in own}
    )
    if not others:
        return None
    return f"{step.names[0]} {step.does} {rng.choice(others)}", [step.item.id]


def _foreign(
    pair: PairEvidence, step: _Step, foreign: Sequence[str], rng: Random
) -> tuple[str, list[str]] | None:
    known = {shown(node) for item in (*pair.evidence, *pair.adverse) for node in _nodes(item)}
    name = rng.choice(foreign)
    return None if name in known else (f"{step.names[0]} {step.does} {name}", [step.item.id])


def _half_true(_: PairEvidence, step: _Step, __: Sequence[str], rng: Random) -> tuple[str, list[str]] | None:
    if step.at + 1 >= len(step.path.steps):
        return None
    after = _Step(step.item, step.path, step.at + 1)
    (a, b), c = step.names, after.names[1]
    if after.does in {step.does, after.done}:
        return None
    tail = rng.choice((f", which {after.done} {c}", f", and {a} {after.does} {c}", f" and {after.does} {c}"))
    return f"{a} {step.does} {b}{tail}", [step.item.id]


def _skipped(_: PairEvidence, step: _Step, __: Sequence[str], rng: Random) -> tuple[str, list[str]] | None:
    if step.at + 1 >= len(step.path.steps):
        return None
    after = _Step(step.item, step.path, step.at + 1)
    frame = rng.choice(("", "It is thought that ", "Notably, "))
    return f"{frame}{step.names[0]} {after.does} {after.names[1]}", [step.item.id]


def _nested(_: PairEvidence, step: _Step, __: Sequence[str], ___: Random) -> tuple[str, list[str]] | None:
    if step.at + 1 >= len(step.path.steps):
        return None
    after = _Step(step.item, step.path, step.at + 1)
    (a, b), c = step.names, after.names[1]
    return f"{a}, which {after.does} {c}, {step.does} {b}", [step.item.id]


def _miscited(pair: PairEvidence, step: _Step, _: Sequence[str], rng: Random) -> tuple[str, list[str]] | None:
    a, b = step.path.nodes[step.at].id, step.path.nodes[step.at + 1].id
    others = [
        item.id
        for item in (*pair.evidence, *pair.adverse)
        if not {a, b} <= {node.id for node in _nodes(item)}
    ]
    if not others:
        return None
    text = f"{step.names[0]} {step.does} {step.names[1]}"
    return text, rng.choice(([rng.choice(others)], [step.item.id, rng.choice(others)]))


def _uncited(_: PairEvidence, step: _Step, __: Sequence[str], rng: Random) -> tuple[str, list[str]] | None:
    text = f"{step.names[0]} {step.does} {step.names[1]}"
    return text, rng.choice(([], ["P99"], [step.item.id, "P98"]))


def _other_pair(
    pair: PairEvidence, step: _Step, _: Sequence[str], rng: Random
) -> tuple[str, list[str]] | None:
    diseases = [shown(n) for n in step.path.nodes[1:-1] if n.kind == "Disease"]
    drugs = [shown(n) for n in step.path.nodes[1:-1] if n.kind == "Drug"]
    texts = [f"{shown(pair.drug)} may help in {name}" for name in diseases]
    texts += [f"{name} may help in {shown(pair.disease)}" for name in drugs]
    return (rng.choice(texts), [step.item.id]) if texts else None


_CHANGES: dict[str, _Change] = {
    "reversed": _reversed,
    "sign changed": _resigned,
    "entity swapped": _swapped,
    "entity foreign": _foreign,
    "half true": _half_true,
    "link skipped": _skipped,
    "nested wrongly": _nested,
    "wrongly cited": _miscited,
    "not cited": _uncited,
    "verdict on another pair": _other_pair,
}
