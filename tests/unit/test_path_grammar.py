"""The grammar along paths: whatever a model may write by it, the gate lets pass."""

from __future__ import annotations

import json
import re
from random import Random

import pytest

from kedrec.answers.path_grammar import PathGrammar
from kedrec.evidence.verbalize import evidence_item
from kedrec.grounding import check
from kedrec.grounding.verdict_table import states_verdict
from kedrec.types import Edge, Entity, Evidence, Path, PathStep

_TOKEN = re.compile(r""""(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|[A-Za-z][A-Za-z0-9]*|[()|?+]""")


class Writer:
    """Draws texts of a GBNF: literals, rules, choices, options and one or more characters of a class."""

    def __init__(self, grammar: str, seed: int) -> None:
        self._rules = dict(line.split(" ::= ", 1) for line in grammar.splitlines() if line)
        self._random = Random(seed)

    def text(self, rule: str = "root") -> str:
        tokens = _TOKEN.findall(self._rules[rule])
        text, end = self._choice(tokens, 0)
        assert end == len(tokens), (rule, tokens[end:])
        return text

    def _choice(self, tokens: list[str], start: int) -> tuple[str, int]:
        options, position = [], start
        while True:
            text, position = self._sequence(tokens, position)
            options.append(text)
            if position >= len(tokens) or tokens[position] != "|":
                return self._random.choice(options), position
            position += 1

    def _sequence(self, tokens: list[str], position: int) -> tuple[str, int]:
        text = ""
        while position < len(tokens) and tokens[position] not in "|)":
            token = tokens[position]
            if token == "(":
                part, position = self._choice(tokens, position + 1)
                assert tokens[position] == ")"
            elif token[0] == '"':
                part = json.loads(token)
            elif token[0] == "[":
                part = "W" if "A-Z" in token else "ord"
            else:
                part = self.text(token)
            position += 1
            if position < len(tokens) and tokens[position] in "?+":
                part = part if tokens[position] == "+" or self._random.random() < 0.5 else ""
                position += 1
            text += part
        return text, position


def node(kind: str, name: str) -> Entity:
    return Entity(id=f"X:{abs(hash(name))}", kind=kind, name=name)


def step(start: Entity, relation: str, end: Entity, action: str = "", *, forward: bool = True) -> PathStep:
    ends = (start.id, end.id) if forward else (end.id, start.id)
    edge = Edge(start=ends[0], relation=relation, end=ends[1], source="s", licence="CC0-1.0", action=action)
    return PathStep(relation=relation, action=action, forward=forward, edges=(edge,))


def item(id_: str, role: str, *parts: Entity | PathStep, stance: str = "supports") -> Evidence:
    nodes = tuple(part for part in parts if isinstance(part, Entity))
    steps = tuple(part for part in parts if isinstance(part, PathStep))
    path = Path(template="", metapath="", nodes=nodes, steps=steps)
    return evidence_item(path, id_, 0.2, stance, role)  # type: ignore[arg-type]


DRUG = node("Drug", "St. John's Wort")
DISEASE = node("Disease", 'Noonan "like" syndrome, type 2')
GENE, OTHER = node("Gene", "RAF1"), node("Drug", "trametinib")
PROCESS, CLASS = node("BiologicalProcess", "cell growth"), node("PharmacologicClass", "Kinase Inhibitors")
SIMILAR = node("Disease", "cardiofaciocutaneous syndrome")
INHIBITS = step(DRUG, "BINDS", GENE, "inhibitor")
EVIDENCE = (
    item(
        "P1", "mechanism", DRUG, INHIBITS, GENE,
        step(GENE, "ASSOCIATED_WITH", DISEASE, forward=False), DISEASE,
    ),
    item(
        "P2", "mechanism", DRUG, INHIBITS, GENE, step(GENE, "PARTICIPATES_IN", PROCESS), PROCESS,
        step(PROCESS, "CORRELATED_WITH", DISEASE, "positively correlated with"), DISEASE,
    ),
    item(
        "P3", "analogy", DRUG, INHIBITS, GENE, step(GENE, "BINDS", OTHER, "inhibitor", forward=False), OTHER,
        step(OTHER, "TREATS", DISEASE), DISEASE,
    ),
    item(
        "P4", "analogy", DRUG, step(DRUG, "TREATS", SIMILAR), SIMILAR,
        step(SIMILAR, "RESEMBLES", DISEASE), DISEASE,
    ),
)  # fmt: skip
WARNING = item("A1", "harm", DRUG, step(DRUG, "CONTRAINDICATED_FOR", DISEASE), DISEASE, stance="adverse")
GRAMMAR = PathGrammar(DRUG, DISEASE, EVIDENCE)


@pytest.mark.parametrize("seed", range(200))
def test_whatever_is_written_by_it_holds(seed: int) -> None:
    text = Writer(GRAMMAR.text(("P1", "P2", "P3", "P4")), seed).text()
    ids = re.findall(r"\[P\d\]", text)
    assert len(ids) == len(set(ids))  # none is told twice
    claims = check(text, DRUG, DISEASE, EVIDENCE).claims
    assert [claim.reason for claim in claims if claim.status == "struck"] == [], text
    assert states_verdict(claims[0].text)
    assert 1 <= len(claims) <= 4


@pytest.mark.parametrize("seed", range(40))
def test_without_a_verdict_the_first_sentence_tells_a_path_by_the_drugs_name(seed: int) -> None:
    grammar = PathGrammar(DRUG, DISEASE, (*EVIDENCE, WARNING), may_recommend=False)
    text = Writer(grammar.text(("P1", "P2", "P3", "P4", "A1")), seed).text()
    first = check(text, DRUG, DISEASE, EVIDENCE, (WARNING,)).claims[0]
    assert (first.status, first.reason) == ("holds", "")
    assert not states_verdict(text)
    assert text.startswith(DRUG.name)


@pytest.mark.parametrize("seed", range(20))
def test_a_warning_that_forbids_a_verdict_is_told_first(seed: int) -> None:
    grammar = PathGrammar(DRUG, DISEASE, (*EVIDENCE, WARNING), may_recommend=False, warning="A1")
    ids = ("P1", "P2", "P3", "P4", "A1")
    assert re.findall(r"\[(\w\d)\]", Writer(grammar.text(ids), seed).text())[0] == "A1"
    assert "[A1]" not in Writer(grammar.text(ids[:4]), seed).text()  # where it isn't in the prompt


@pytest.mark.parametrize("seed", range(20))
def test_what_follows_written_sentences_is_of_the_ids_that_are_left(seed: int) -> None:
    text = Writer(GRAMMAR.text(("P2", "P3"), written=2, most=3), seed).text()
    assert re.fullmatch(r" [^\[]+ \[P[23]\]\.", text)
    whole = f"By inhibiting RAF1, {DRUG.name} may help in {DISEASE.name} [P1].{text}"
    assert check(whole, DRUG, DISEASE, EVIDENCE).claims[-1].reason in ("", "It repeats an earlier sentence.")


def test_a_warning_is_told_after_however_and_texts_in_free_words() -> None:
    trial = Evidence(id="T1", sentence="A trial was stopped.", stance="adverse")
    grammar = PathGrammar(DRUG, DISEASE, (*EVIDENCE, WARNING, trial)).text(("P1", "A1", "T1"))
    texts = [Writer(grammar, seed).text() for seed in range(200)]
    warnings = [sentence for text in texts for sentence in re.findall(r"[^.\]]+\[A1\]", text)]
    assert warnings
    assert not [one for one in warnings if re.match(r" (?:In addition|Moreover|Furthermore|Finally)", one)]
    assert any(text.endswith(" [T1].") for text in texts)
    assert all(states_verdict(text.split("].")[0]) for text in texts)  # never begins with either


def test_the_verdict_rests_on_one_of_the_weightiest_paths() -> None:
    scores = {"P1": 0.1, "P2": 0.5, "P3": 0.3, "P4": 0.1}
    weighed = tuple(one.model_copy(update={"score": scores[one.id]}) for one in EVIDENCE)
    grammar = PathGrammar(DRUG, DISEASE, weighed).text(("P1", "P2", "P3", "P4"))
    firsts = {re.findall(r"\[P\d\]", Writer(grammar, seed).text())[0] for seed in range(60)}
    assert firsts == {"[P2]", "[P3]"}
    without_best = PathGrammar(DRUG, DISEASE, weighed).text(("P4",))
    assert re.findall(r"\[P\d\]", Writer(without_best, 0).text())[0] == "[P4]"


GENES = tuple(node("Gene", name) for name in ("KDR", "FLT1, soluble", "PDGFRA"))
OTHERS = tuple(node("Drug", name) for name in ("sunitinib", "axitinib"))
ALIKE = (
    *(
        item(
            f"P{number}", "mechanism", DRUG, step(DRUG, "BINDS", gene, "inhibitor"), gene,
            step(gene, "PARTICIPATES_IN", PROCESS), PROCESS,
            step(PROCESS, "CORRELATED_WITH", DISEASE, "positively correlated with"), DISEASE,
        )
        for number, gene in enumerate(GENES, 1)
    ),
    *(
        item(
            f"P{number}", "analogy", DRUG, INHIBITS, GENE,
            step(GENE, "BINDS", other, "inhibitor", forward=False), other,
            step(other, "TREATS", DISEASE), DISEASE,
        )
        for number, other in enumerate(OTHERS, 4)
    ),
)  # fmt: skip


@pytest.mark.parametrize("seed", range(200))
def test_paths_that_differ_in_one_node_are_told_in_one_sentence_that_holds(seed: int) -> None:
    text = Writer(PathGrammar(DRUG, DISEASE, ALIKE).text([one.id for one in ALIKE]), seed).text()
    claims = check(text, DRUG, DISEASE, ALIKE).claims
    first, *others = claims
    assert (first.status, first.reason) == ("holds", ""), text
    assert not [one.reason for one in others if one.reason not in ("", "It repeats an earlier sentence.")], (
        text
    )
    assert states_verdict(first.text)
    cited = [tuple(citation.id for citation in claim.citations) for claim in claims]
    assert set(cited) <= {("P1", "P2", "P3"), ("P4", "P5")}


def test_a_list_of_paths_holds_no_more_than_each_of_them_does() -> None:
    verbs = "KDR and PDGFRA, each of which takes part in cell growth"
    assert check(f"{DRUG.name} inhibits {verbs} [P1][P3].", DRUG, DISEASE, ALIKE).claims[0].status == "holds"
    for wrong, ids in ((verbs, "[P1]"), (verbs.replace("KDR", "RAF1"), "[P4][P3]")):
        claims = check(f"{DRUG.name} inhibits {wrong} {ids}.", DRUG, DISEASE, ALIKE).claims
        assert claims[0].status == "struck", wrong
    lone = f"{DRUG.name} inhibits KDR, each of which takes part in cell growth [P1]."
    assert check(lone, DRUG, DISEASE, ALIKE).claims[0].status == "struck"


def test_only_what_is_left_of_a_group_is_told() -> None:
    text = Writer(PathGrammar(DRUG, DISEASE, ALIKE).text(("P2", "P3"), written=1, most=2), 0).text()
    assert text.endswith(" [P2][P3].")
    assert "KDR" not in text
    text = Writer(PathGrammar(DRUG, DISEASE, ALIKE).text(("P2",), written=1, most=2), 0).text()
    assert text.endswith(" [P2].")
    assert "each of which" not in text


@pytest.mark.parametrize("seed", range(30))
def test_paths_are_told_as_long_as_there_is_room_and_texts_where_the_model_likes(seed: int) -> None:
    trial = Evidence(id="T1", sentence="A trial was completed", stance="supports")
    grammar = PathGrammar(DRUG, DISEASE, (*EVIDENCE[:2], trial))
    cited = re.findall(r"\[(\w\d)\]", Writer(grammar.text(("P1", "P2", "T1")), seed).text())
    assert {"P1", "P2"} <= set(cited)
    without = {
        "T1" in Writer(grammar.text(("P1", "P2", "T1")), other).text() for other in range(seed, seed + 30)
    }
    assert without == {True, False}
    every = PathGrammar(DRUG, DISEASE, EVIDENCE).text(("P1", "P2", "P3", "P4"), most=2)
    assert len(re.findall(r"\[P\d\]\.", Writer(every, seed).text())) == 2


def test_a_protein_is_not_told_to_grow_in_number_where_it_is_regulated() -> None:
    """ "increases inflammation" is right, "increases GABRA1" would be a claim on its amount."""
    regulates = {end: step(DRUG, "AFFECTS", end, "positively regulates") for end in (GENE, PROCESS)}
    items = tuple(
        item(
            f"P{number}", "mechanism", DRUG, regulates[end], end, step(end, "AFFECTS", DISEASE, "x"), DISEASE
        )
        for number, end in enumerate(regulates, 1)
    )
    grammar = PathGrammar(DRUG, DISEASE, items)
    assert '"increases"' not in grammar.text(("P1",))
    assert '"increases"' in grammar.text(("P2",))
    assert '"stimulates"' in grammar.text(("P1",))
