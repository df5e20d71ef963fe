"""Wordings of the schema: they say no more than their relation, unless the edge itself says so."""

from __future__ import annotations

import pytest

from kedrec.evaluation.gate_forms import STRONGER
from kedrec.evidence.verbalize import evidence_item
from kedrec.grounding import check
from kedrec.grounding.wording import phrase_table
from kedrec.schema import load_schema
from kedrec.types import Edge, Entity, Path, PathStep

SCHEMA = load_schema()


def reason(relation: str, text: str, action: str = "", evidence: str = "") -> str:
    start, end = SCHEMA.relations[relation].pairs[0]
    nodes = Entity(id="X:1", kind=start, name="Alpha"), Entity(id="X:2", kind=end, name="Beta")
    edge = Edge(
        start="X:1", relation=relation, end="X:2", source="s", licence="x", action=action, evidence=evidence
    )
    step = PathStep(relation=relation, action=action, forward=True, edges=(edge,))
    item = evidence_item(Path(template="", metapath="", nodes=nodes, steps=(step,)), "P1", 1.0)
    return check(f"{text} [P1].", nodes[0], nodes[1], [item]).claims[0].reason


def cases() -> list[tuple[str, str, str]]:
    found = []
    for relation, wordings in STRONGER.items():
        for action in ("", *SCHEMA.relations[relation].actions):
            if relation == "ASSOCIATED_WITH" and action:  # each of its actions is a cause
                continue
            for phrase, inverse in wordings:
                found.append((relation, action, f"Alpha {phrase} Beta"))
                found += [(relation, action, f"Beta {inverse} Alpha")] * bool(inverse)
    return found


@pytest.mark.parametrize("relation", STRONGER)
def test_what_says_more_than_the_relation_is_struck_whatever_the_action(relation: str) -> None:
    of = {(relation, action) for one, action, _ in cases() if one == relation}
    own = {
        phrase
        for action in SCHEMA.relations[relation].actions.values()
        for phrase in (action.phrase, action.inverse, *action.paraphrases, *action.inverse_paraphrases)
    }
    for _, action in of:
        for one, of_action, text in cases():
            said = text.removeprefix("Alpha ").removeprefix("Beta ")
            said = said.removesuffix(" Beta").removesuffix(" Alpha")
            if (one, of_action) == (relation, action) and not (action and said in own):
                assert reason(relation, text, action) != "", (relation, action, text)


STATED = [
    ("TREATS", "is approved for", "", "approved", "off-label use"),
    ("TREATS", "is indicated for", "", "indication", "contraindication"),
    ("TREATS", "is indicated for", "", "DrugCentral indication", "not an approved indication"),
    ("RESEMBLES", "is structurally similar to", "", "similarity of structures", "co-occurrence"),
    ("INTERACTS_WITH", "physically interacts with", "", "directly_physically_interacts_with", "ppi"),
    ("ASSOCIATED_WITH", "is genetically associated with", "", "GWAS Catalog", "text mining"),
    ("BINDS", "targets", "", "DrugBank (target)", "DrugBank (enzyme)"),
    ("BINDS", "is metabolized by", "substrate", "DrugBank (enzyme)", "DrugBank (carrier)"),
    ("CAUSES", "causes", "", "causes", "drug label; frequency common"),
]  # fmt: skip


@pytest.mark.parametrize(("relation", "phrase", "action", "says_so", "does_not"), STATED)
def test_a_stronger_wording_is_true_where_the_edge_says_so(
    relation: str, phrase: str, action: str, says_so: str, does_not: str
) -> None:
    text = f"Alpha {phrase} Beta"
    assert reason(relation, text, action, says_so) == ""
    for evidence in (does_not, "", f"not {says_so}"):
        assert reason(relation, text, action, evidence) != "", evidence


@pytest.mark.parametrize(
    "action", [name for name, one in SCHEMA.relations["BINDS"].actions.items() if one.sign]
)
def test_what_a_drug_acts_on_is_its_target_and_what_carries_it_is_none(action: str) -> None:
    if action != "replacement":
        assert reason("BINDS", "Alpha targets Beta", action) == ""
    for other in ("substrate", "carrier", ""):
        assert reason("BINDS", "Alpha acts on Beta", other) != ""


OPPOSITES = [("loss of function", "gain of function"), ("gain of function", "loss of function")]


@pytest.mark.parametrize(("action", "opposite"), OPPOSITES)
def test_loss_and_gain_of_a_genes_function_are_told_apart_in_every_wording(
    action: str, opposite: str
) -> None:
    relation = SCHEMA.relations["ASSOCIATED_WITH"]
    own, other = relation.actions[action], relation.actions[opposite]
    assert (own.sign, other.sign) in {(-1, 1), (1, -1)}
    for phrase in (own.phrase, *own.paraphrases):
        assert reason("ASSOCIATED_WITH", f"Alpha {phrase} Beta", action) == "", phrase
        assert reason("ASSOCIATED_WITH", f"Alpha {phrase} Beta", opposite) != "", phrase
        assert reason("ASSOCIATED_WITH", f"Alpha {phrase} Beta", "causal") != "", phrase
    assert reason("ASSOCIATED_WITH", f"Beta {own.inverse} Alpha", action) == ""
    assert reason("ASSOCIATED_WITH", f"Beta {own.inverse} Alpha", opposite) != ""


@pytest.mark.parametrize("action", ["causal", "loss of function", "gain of function"])
def test_a_gene_whose_variants_cause_a_disease_is_a_causal_one_whatever_they_do(action: str) -> None:
    for text in (
        "Alpha is caused by changes in Beta",
        "Beta is a causal gene of Alpha",
        "Beta is linked to Alpha",
    ):
        assert reason("ASSOCIATED_WITH", text, action) == "", text
    for text in ("Beta causes Alpha", "Beta drives Alpha", "Beta is the causal gene of Alpha"):
        assert reason("ASSOCIATED_WITH", text, action) != "", text
    assert reason("ASSOCIATED_WITH", "Alpha is caused by changes in Beta") != ""


def test_no_paraphrase_holds_a_word_of_proof_or_cause_that_its_relation_lacks() -> None:
    causal = {"causes", "cures", "requires", "drives", "protects", "approved", "indicated", "structurally"}
    for relation in SCHEMA.relations.values():
        for action in (relation.wording, *relation.actions.values()):
            for phrase in (*action.paraphrases, *action.inverse_paraphrases):
                assert not causal & set(phrase.split()), (relation.name, phrase)


def test_every_stated_wording_is_read() -> None:
    for relation in SCHEMA.relations.values():
        for action in (relation.wording, *relation.actions.values()):
            for one in action.conditional_wordings:
                for phrase in (*one.paraphrases, *one.inverse_paraphrases):
                    assert tuple(phrase.split()) in phrase_table()
