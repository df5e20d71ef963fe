"""An answer as a table: one line a mechanism, in every format, and its reasons in the order of reading."""

from __future__ import annotations

import io
from typing import Literal

import pytest
from grounding_evidence import entity, step
from rich.console import Console

from kedrec.cli.answer_printer import print_answer
from kedrec.evidence.verbalize import evidence_item
from kedrec.rendering.answer_table import answer_text, mechanism_groups, mechanism_phrase
from kedrec.types import (
    Answer,
    Badge,
    Claim,
    ClinicalStatus,
    ClinicalTrial,
    Coverage,
    Entity,
    Evidence,
    GroupMember,
    KnownTreatment,
    Manifest,
    Path,
    PathRole,
    PathStep,
    Rationale,
    Recommendation,
)

DISEASE = entity("MONDO:1", "Disease", "swelling | pain")
RECEPTOR = entity("NCBIGene:1", "Gene", "NR3C1")
ENZYME = entity("NCBIGene:2", "Gene", "PTGS2")
PROCESS = entity("GO:1", "BiologicalProcess", "inflammatory response")
OTHER = entity("DRUGBANK:9", "Drug", "oldone")
MANIFEST = Manifest(
    kedrec="0", graph="g", fingerprint="f", schema_version=1, templates="", ranking="", seed=1
)


def evidence(id_: str, role: PathRole, *nodes_and_steps: Entity | PathStep) -> Evidence:
    nodes = tuple(one for one in nodes_and_steps if isinstance(one, Entity))
    steps = tuple(one for one in nodes_and_steps if isinstance(one, PathStep))
    path = Path(template="by-hand", metapath="", nodes=nodes, steps=steps)
    return evidence_item(path, id_, 0.5, "supports", role)


def acting(drug: Entity, target: Entity, action: str, id_: str = "P1") -> Evidence:
    return evidence(
        id_, "mechanism", drug, step(drug, "BINDS", target, action), target,
        step(target, "AFFECTS", PROCESS, "negatively regulates"), PROCESS,
        step(PROCESS, "CORRELATED_WITH", DISEASE, "positively correlated with"), DISEASE,
    )  # fmt: skip


def recommendation(
    rank: int, *items: Evidence, known: bool = False, flags: tuple[str, ...] = ()
) -> Recommendation:
    drug = entity(f"DRUGBANK:{rank}", "Drug", f"drug{rank}")
    standing: Literal["known", "new"] = "known" if known else "new"
    return Recommendation(
        rank=rank, drug=drug, disease=DISEASE, score=1.0, probability=0.25, known=("s",) if known else (),
        badge=Badge(standing=standing, note=""), verdict=f"verdict{rank}.", evidence=items,
        rationale=Rationale(origin="evidence"), flags=(standing, *flags),
        coverage=Coverage(paths=1, metapaths=1, drug_edges=1, disease_edges=1, disease_treatments=1,
                          enough=True),
    )  # fmt: skip


def drug(rank: int) -> Entity:
    return entity(f"DRUGBANK:{rank}", "Drug", f"drug{rank}")


STEROIDS = [recommendation(n, acting(drug(n), RECEPTOR, "agonist")) for n in (1, 2, 4)]
BLOCKER = recommendation(3, acting(drug(3), ENZYME, "inhibitor"))
ANTAGONIST = recommendation(5, acting(drug(5), RECEPTOR, "antagonist"))
WARNED = recommendation(6, acting(drug(6), RECEPTOR, "agonist"), flags=("contraindicated",))
LIKE = recommendation(
    7,
    evidence("P1", "analogy", drug(7), step(drug(7), "RESEMBLES", OTHER), OTHER,
             step(OTHER, "TREATS", DISEASE), DISEASE),
)  # fmt: skip
NOTHING = recommendation(8)
ANSWER = Answer(
    disease=DISEASE,
    recommendations=(STEROIDS[0], STEROIDS[1], BLOCKER, STEROIDS[2], ANTAGONIST, WARNED, LIKE, NOTHING),
    candidates=20,
    manifest=MANIFEST,
)


def printed(answer: Answer, detail: str) -> str:
    out = io.StringIO()
    print_answer(Console(file=out, width=200), answer, detail)  # type: ignore[arg-type]  # one of its words
    return out.getvalue()


def test_drugs_with_one_action_on_one_target_are_one_group() -> None:
    groups = [[one.drug.name for one in group] for group in mechanism_groups(ANSWER)]
    assert groups == [["drug1", "drug2", "drug4"], ["drug3"], ["drug5"], ["drug6"], ["drug7"], ["drug8"]]


def test_a_phrase_says_what_the_drug_does_or_what_it_is_like() -> None:
    phrases = [mechanism_phrase(one) for one in (STEROIDS[0], BLOCKER, LIKE, NOTHING)]
    assert phrases == [
        "is an agonist of NR3C1, lowering inflammatory response",
        "inhibits PTGS2, raising inflammatory response",
        "like oldone",
        "",
    ]


@pytest.mark.parametrize(
    ("kind", "name", "action", "phrase"),
    [
        ("BiologicalProcess", "repair", "positively regulates", "lowering repair"),
        ("BiologicalProcess", "repair", "", "affecting repair"),
        ("Anatomy", "heart", "positively regulates", "in heart"),  # there is no less of a site
        ("Organism", "Plasmodium", "positively regulates", "lowering Plasmodium"),
        ("Organism", "Plasmodium", "", "in Plasmodium"),
        ("Disease", "adenoma", "", "affecting adenoma"),
        (
            "BiologicalProcess",
            "positive regulation of pulse",
            "positively regulates",
            "lowering pulse",
        ),
        (
            "BiologicalProcess",
            "Negative regulation of pulse",
            "positively regulates",
            "raising pulse",
        ),
        ("BiologicalProcess", "negative regulation of repair", "negatively regulates", "lowering repair"),
        ("BiologicalProcess", "down-regulation of repair", "positively regulates", "raising repair"),
        ("BiologicalProcess", "upregulation of repair", "positively regulates", "lowering repair"),
        ("BiologicalProcess", "regulation of pulse", "positively regulates", "affecting pulse"),
        ("BiologicalProcess", "positive regulation of pulse", "", "affecting pulse"),
        ("Symptom", "regulation of mood", "positively regulates", "lowering regulation of mood"),
    ],
)
def test_a_phrase_tells_the_sign_of_the_last_effect(kind: str, name: str, action: str, phrase: str) -> None:
    last = entity("X:1", kind, name)
    item = evidence(
        "P1", "mechanism", drug(1), step(drug(1), "BINDS", ENZYME, "inhibitor"), ENZYME,
        step(ENZYME, "AFFECTS", last, action), last,
        step(last, "CORRELATED_WITH", DISEASE, "positively correlated with"), DISEASE,
    )  # fmt: skip
    assert mechanism_phrase(recommendation(1, item)) == f"inhibits PTGS2, {phrase}"


def test_a_phrase_goes_no_further_than_the_drugs_effect() -> None:
    swelling, virus = entity("X:1", "BiologicalProcess", "swelling"), entity("X:2", "Organism", "a virus")
    start = (drug(1), step(drug(1), "BINDS", ENZYME, "inhibitor"), ENZYME)
    raises = step(ENZYME, "AFFECTS", swelling, "positively regulates")
    caused_by = step(swelling, "CAUSES", virus, forward=False)
    item = evidence("P1", "mechanism", *start, raises, swelling, caused_by, virus,
                    step(virus, "CAUSES", DISEASE), DISEASE)  # fmt: skip
    assert mechanism_phrase(recommendation(1, item)) == "inhibits PTGS2, lowering swelling"
    disrupted = step(swelling, "AFFECTS", DISEASE, "disrupts", forward=False)
    item = evidence("P1", "mechanism", *start, raises, swelling, disrupted, DISEASE)
    assert mechanism_phrase(recommendation(1, item)) == "inhibits PTGS2, lowering swelling"


def test_the_table_comes_first_and_alone_if_asked() -> None:
    brief, usual, full = (printed(ANSWER, detail) for detail in ("brief", "usual", "full"))
    for text in (brief, usual, full):
        assert "also: drug2, drug4" in text
        assert text.index("mechanism in one phrase") < text.index("inhibits PTGS2")
    assert "verdict" not in brief
    assert "verdict1." in usual
    assert "verdict2." not in usual
    assert "verdict2." in full
    assert len(brief.splitlines()) < 20 < len(usual.splitlines()) < len(full.splitlines())


def test_drugs_below_the_cut_are_named_beside_the_one_they_go_with() -> None:
    members = [GroupMember(rank=10 + n, entity=drug(10 + n), like="DRUGBANK:2") for n in range(7)]
    text = printed(ANSWER.model_copy(update={"also": tuple(members)}), "brief")
    words = " ".join(text.split())
    assert "drug10, drug11" in words
    assert "and 3 more" in words  # nine with the two that are shown, of which six are named
    assert "drug16" not in words
    assert "drug16" in answer_text(ANSWER.model_copy(update={"also": tuple(members)}), "tsv")


def test_a_drug_like_another_by_its_target_goes_with_those_that_act_there() -> None:
    like = recommendation(
        9,
        evidence("P1", "analogy", drug(9), step(drug(9), "BINDS", ENZYME, "inhibitor"), ENZYME,
                 step(OTHER, "BINDS", ENZYME, "inhibitor"), OTHER, step(OTHER, "TREATS", DISEASE), DISEASE),
    )  # fmt: skip
    groups = mechanism_groups(ANSWER.model_copy(update={"recommendations": (BLOCKER, like, LIKE)}))
    assert [[one.drug.name for one in group] for group in groups] == [["drug3", "drug9"], ["drug7"]]


@pytest.mark.parametrize(("known", "warned"), [(False, False), (True, False), (False, True)])
def test_drugs_of_one_class_without_a_mechanism_are_one_group(known: bool, warned: bool) -> None:
    salicylates = entity("ATC:N02BA", "PharmacologicClass", "salicylates")
    alike = [
        one.model_copy(update={"drug_class": salicylates, "evidence": LIKE.evidence})
        for one in (recommendation(1), recommendation(2, known=known, flags=("caution",) if warned else ()))
    ]
    groups = mechanism_groups(ANSWER.model_copy(update={"recommendations": tuple(alike)}))
    assert len(groups) == 1 + (known or warned)  # neither a known treatment nor a warning is hidden


STATUSES = [
    (ClinicalStatus(approved_since=1958), "approved 1958", ("approved",)),
    (ClinicalStatus(approval="Approved in Japan (a list)."), "approved", ("approved",)),
    (ClinicalStatus(candidate=True), "candidate", ("investigational",)),
    (
        ClinicalStatus(trials=(ClinicalTrial(number="NCT1", phase="phase 2", status="completed"),)),
        "phase 2",
        ("investigational",),
    ),
    (
        ClinicalStatus(
            approved_since=1999,
            trials=(ClinicalTrial(number="NCT1", phase="phase 3", status="terminated", adverse=True),),
        ),
        "approved 1999, failed",
        ("approved", "failed"),
    ),
    (
        ClinicalStatus(trials=(ClinicalTrial(number="NCT1", phase="phase 3", adverse=True),)),
        "phase 3, failed",
        ("failed",),
    ),
    (ClinicalStatus(), "", ("unknown",)),
]


@pytest.mark.parametrize(("status", "short", "stages"), STATUSES)
def test_the_clinical_status_is_a_word_in_the_table(
    status: ClinicalStatus, short: str, stages: tuple[str, ...]
) -> None:
    assert status.short == short
    assert status.stages == stages
    one = ANSWER.model_copy(update={"recommendations": (BLOCKER.model_copy(update={"clinical": status}),)})
    assert (" clinic " in printed(one, "brief")) == bool(short)
    assert answer_text(one, "tsv").splitlines()[1].split("\t")[5] == short


def test_a_failed_trial_is_told_with_its_reason() -> None:
    trials = [
        ClinicalTrial(number=f"NCT{n}", phase="phase 2", status="terminated", reason="Slow.", adverse=True)
        for n in range(3)
    ]
    text = ClinicalStatus(trials=tuple(trials)).text
    assert text == (
        "phase 2 trial NCT0 terminated: Slow; phase 2 trial NCT1 terminated: Slow; 1 more stopped"
    )


def test_a_known_treatment_is_shown_as_one_before_its_standing() -> None:
    answer = ANSWER.model_copy(
        update={"recommendations": (recommendation(437, BLOCKER.evidence[0], known=True),)}
    )
    line = next(line for line in printed(answer, "usual").splitlines() if "probability 0.250" in line)
    assert line.startswith("known")
    assert line.split()[1] == "drug437"  # its name, not the rank that it has without its own edge


def test_known_treatments_are_named_first_with_what_they_would_rank() -> None:
    known = tuple(KnownTreatment(rank=n * 100, drug=drug(n), sources=("s",)) for n in range(1, 15))
    answer = ANSWER.model_copy(update={"known_treatments": known})
    words = " ".join(printed(answer, "brief").split())
    assert "the rank each would have if it weren't known: drug1 100, drug2 200," in words
    assert "drug12 1,200 and 2 more (--json lists them)." in words
    empty = answer.model_copy(update={"recommendations": (), "abstained": "Nothing."})
    for text in (printed(empty, "brief"), answer_text(empty, "markdown"), answer_text(empty, "html")):
        assert "drug1 100" in text  # known all the same
    assert "Known treatments" not in printed(ANSWER, "full")


@pytest.mark.parametrize("layout", ["markdown", "html", "tsv"])
def test_every_format_has_a_line_a_group(layout: str) -> None:
    text = answer_text(ANSWER, layout)
    names = {"markdown": "| 1 | drug1 |", "html": "<td>drug1</td>", "tsv": "1\tdrug1\t"}
    assert names[layout] in text
    rows = {"markdown": "\n| ", "html": "<tr><td>", "tsv": "\n"}
    assert text.count(rows[layout]) == {"markdown": 8, "html": 6, "tsv": 7}[layout]
    assert "contraindicated" in text


def test_names_are_data_in_every_format() -> None:
    evil = recommendation(1).model_copy(update={"drug": entity("DRUGBANK:1", "Drug", "=a|<b>\n")})
    answer = ANSWER.model_copy(update={"recommendations": (evil,)})
    assert "<b>" not in answer_text(answer, "html")
    assert "\\|" in answer_text(answer, "markdown")
    assert "'=a" in answer_text(answer, "tsv")


def test_a_struck_sentence_is_marked_before_it_begins() -> None:
    struck = Claim(text="It cures all.", status="struck", reason="It cites no evidence.")
    kept = Claim(text="drug3 inhibits PTGS2.", status="holds")
    one = BLOCKER.model_copy(
        update={"rationale": Rationale(origin="evidence", claims=(struck, kept), note="n")}
    )
    text = printed(ANSWER.model_copy(update={"recommendations": (one,)}), "usual")
    assert "Struck: It cures all. (It cites no evidence.)" in text
    assert text.index("drug3 inhibits PTGS2.") < text.index("Struck:")
