"""Safety, badges, comparison and the other direction, on a small graph that has every case."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from safety_graph import EDGES, NODES, TREATS, open_graph

from kedrec.cli.evaluate import evaluate
from kedrec.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kedrec.api import Kedrec


@pytest.fixture(scope="module")
def kr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kedrec]:
    with open_graph(tmp_path_factory.mktemp("safety"), EDGES + TREATS) as opened:
        yield opened


def test_a_direct_contraindication_is_flagged_said_and_has_its_path(kr: Kedrec) -> None:
    found = kr.explain("alphaprim", "gasping")
    assert found.safety.contraindication == "direct"
    assert found.safety.contraindicated
    assert "contraindicated" in found.flags
    (against,) = [item for item in found.adverse if item.id in found.safety.paths]
    assert [node.id for node in against.path.nodes] == ["DRUGBANK:D1", "MONDO:1"]  # type: ignore[union-attr]
    assert found.verdict.startswith(f"alphaprim is contraindicated in gasping: see {against.id}. ")


def test_a_contraindication_passes_to_subtypes(kr: Kedrec) -> None:
    for disease, nodes in (
        ("childhood gasping", ["DRUGBANK:D1", "MONDO:1", "MONDO:2"]),
        ("infant gasping", ["DRUGBANK:D1", "MONDO:1", "MONDO:2", "MONDO:6"]),
    ):
        found = kr.explain("alphaprim", disease)
        assert found.safety.contraindication == "inherited"
        (against,) = found.adverse
        assert [node.id for node in against.path.nodes] == nodes  # type: ignore[union-attr]


def test_one_for_a_subtype_alone_is_a_caution(kr: Kedrec) -> None:
    found = kr.explain("betaprim", "gasping")
    assert found.safety.contraindication == "subtype"
    assert not found.safety.contraindicated
    assert "caution" in found.flags
    assert "contraindicated" not in found.flags
    assert "a kind of gasping: see C1" in found.verdict
    (caution,) = found.safety.cautions
    assert caution.sentence == "betaprim is contraindicated in childhood gasping, which is a kind of gasping"


def test_one_for_a_disease_that_looks_alike_is_weak_and_told_so(kr: Kedrec) -> None:
    found = kr.explain("alphaprim", "wheezing")
    assert found.safety.contraindication == "look-alike"
    assert "weak" in found.verdict
    (caution,) = found.safety.cautions  # one path, though the two share two symptoms
    assert caution.path is not None
    assert caution.path.nodes[1].id == "MONDO:1"


def test_one_shared_symptom_does_not_make_diseases_look_alike(kr: Kedrec) -> None:
    assert kr.explain("alphaprim", "itching").safety.contraindication == ""


def test_a_side_effect_that_is_the_disease_is_singled_out(kr: Kedrec) -> None:
    found = kr.explain("alphaprim", "gasping")
    assert found.safety.side_effects == 3
    worsening = {one.effect.id: one.worsens.id for one in found.safety.worsening if one.worsens}
    assert worsening == {"UMLS:C3": "MONDO:1"}  # by name: the vocabularies differ
    assert "causes-disease" in found.flags
    assert [one.drugs for one in found.safety.specific] == [1, 1, 2]
    assert all(one.sources == ("kedrec",) for one in found.safety.specific)
    alike = kr.explain("alphaprim", "wheezing")
    assert "may-worsen" not in alike.flags  # half of the drugs cause dyspnea
    assert "causes-disease" not in alike.flags


def test_a_symptom_that_few_drugs_cause_is_worsened_and_a_common_one_is_not(tmp_path: Path) -> None:
    others = range(100, 130)
    nodes = "".join(f"Drug DRUGBANK:D{number} prim{number}\n" for number in others)
    caused = "".join(f"CAUSES DRUGBANK:D{number} UMLS:C2\n" for number in others)
    caused += "PRESENTS MONDO:4 MESH:D4\nPRESENTS MONDO:3 MESH:D4\nCAUSES DRUGBANK:D2 UMLS:C5\n"
    nodes += "Symptom MESH:D4 Nausea\nSideEffect UMLS:C5 rash\n"
    with open_graph(tmp_path, EDGES + TREATS + caused, NODES + nodes) as kr:
        common = kr.explain("betaprim", "wheezing")
        assert [(one.effect.id, one.worsens and one.worsens.id) for one in common.safety.worsening] == [
            ("UMLS:C5", "MESH:D3")
        ]
        assert "may-worsen" in common.flags
        assert kr.explain("DRUGBANK:D100", "wheezing").safety.worsening == ()  # nausea alone, as all cause it
        rare = kr.explain("alphaprim", "gasping").safety.worsening
        assert {one.effect.id for one in rare} == {"UMLS:C1", "UMLS:C3"}


@pytest.mark.parametrize(
    ("disease", "opposite", "symptom"),
    [
        ("hypothyroidism", "basedow's_disease", "hoarseness"),
        ("hyperkalemia", "hypokalaemia", "palpitations"),
        ("narcolepsy", "insomnia", "cataplexy"),
    ],
)
def test_the_opposite_of_a_disease_is_no_sign_that_it_gets_worse(
    tmp_path: Path, disease: str, opposite: str, symptom: str
) -> None:
    others = range(100, 130)  # drugs with another effect, so that these two are rare
    nodes = "".join(f"Drug DRUGBANK:D{number} prim{number}\n" for number in others)
    nodes += f"Disease MONDO:40 {disease}\n"
    nodes += f"Symptom HP:1 {opposite}\nSideEffect UMLS:C6 {opposite}\n"
    nodes += f"Symptom HP:2 {symptom}\nSideEffect UMLS:C7 {symptom}\n"
    edges = "".join(f"CAUSES DRUGBANK:D{number} UMLS:C2\n" for number in others)
    edges += "PRESENTS MONDO:40 HP:1\nPRESENTS MONDO:40 HP:2\n"
    edges += "ASSOCIATED_WITH MONDO:40 NCBIGene:1\nCAUSES DRUGBANK:D3 UMLS:C6\nCAUSES DRUGBANK:D3 UMLS:C7\n"
    with open_graph(tmp_path, EDGES + TREATS + edges, NODES + nodes) as kr:
        worsening = kr.explain("gammaprim", disease).safety.worsening
        assert [one.effect.id for one in worsening] == ["UMLS:C7"]


def test_a_term_that_only_names_an_organ_is_worsened_by_nothing(tmp_path: Path) -> None:
    others = range(100, 130)  # drugs with another effect, so that these two are rare
    nodes = "".join(f"Drug DRUGBANK:D{number} prim{number}\n" for number in others)
    nodes += "Symptom HP:1 Abnormality_of_the_kidney\nSideEffect UMLS:C6 abnormality_of_the_kidney\n"
    nodes += "Symptom HP:2 Nephropathy\nSideEffect UMLS:C7 nephropathy\n"
    edges = "".join(f"CAUSES DRUGBANK:D{number} UMLS:C2\n" for number in others)
    edges += "PRESENTS MONDO:4 HP:1\nPRESENTS MONDO:4 HP:2\nBINDS DRUGBANK:D3 NCBIGene:1\n"
    edges += "ASSOCIATED_WITH MONDO:4 NCBIGene:1\nCAUSES DRUGBANK:D3 UMLS:C6\nCAUSES DRUGBANK:D3 UMLS:C7\n"
    with open_graph(tmp_path, TREATS + edges, NODES + nodes) as kr:
        worsening = kr.explain("gammaprim", "itching").safety.worsening
        assert {one.effect.id for one in worsening} == {"UMLS:C7"}


def test_side_effects_are_predicted_from_drugs_that_share_targets_and_labelled(kr: Kedrec) -> None:
    found = kr.explain("betaprim", "gasping").safety
    assert found.side_effects == 2
    predicted = {one.effect.id: one for one in found.predicted}
    assert set(predicted) <= {"UMLS:C1", "UMLS:C3"}  # what alphaprim causes, without what betaprim does
    for one in predicted.values():
        assert [drug.id for drug in one.because] == ["DRUGBANK:D1"]
        assert one.probability >= 2 * one.usual


def test_the_badge_tells_known_from_learned_from_new(kr: Kedrec) -> None:
    known, learned, new = (
        kr.explain(drug, disease).badge
        for drug, disease in (("gammaprim", "wheezing"), ("gammaprim", "gasping"), ("betaprim", "wheezing"))
    )
    assert (known.standing, known.sources) == ("known", ("kedrec",))
    assert (learned.standing, learned.sources) == ("learned", ("kedrec",))
    assert (new.standing, new.sources) == ("new", ())


def test_contraindicated_drugs_are_hidden_when_asked_and_counted(kr: Kedrec) -> None:
    both = ["alphaprim", "gammaprim"]
    shown = kr.recommend("gasping", drugs=both, llm=False)
    hidden = kr.recommend("gasping", drugs=both, llm=False, hide_contraindicated=True)
    assert "alphaprim" in [one.drug.name for one in shown]
    assert [one.drug.name for one in hidden] == ["gammaprim"]
    assert (shown.hidden, hidden.hidden) == (0, 1)
    alone = kr.recommend("gasping", drugs=["alphaprim"], llm=False, hide_contraindicated=True)
    assert not len(alone)
    assert "hidden" in alone.abstained


def test_diseases_are_ranked_for_a_drug_with_the_scores_of_the_pairs(kr: Kedrec) -> None:
    answer = kr.recommend_diseases("gammaprim", top=3, llm=False)
    assert answer.asked == "drug"
    assert answer.drug.id == "DRUGBANK:D3"
    assert answer.candidates == 6
    assert [one.rank for one in answer] == sorted(one.rank for one in answer)
    for one in answer:
        assert one.drug.id == "DRUGBANK:D3"
        assert one.score == kr.ranker.pair("DRUGBANK:D3", one.disease.id).score
        assert f"of {answer.candidates} diseases" in one.verdict
    assert kr.recommend("gasping", top=1, llm=False).asked == "disease"


def test_a_drug_or_disease_without_edges_abstains(kr: Kedrec) -> None:
    for answer in (
        kr.recommend_diseases("lonelyprim", llm=False),
        kr.recommend("unlinked disease", llm=False),
    ):
        assert not len(answer)
        assert "Not enough in the graph" in answer.abstained
    found = kr.explain("lonelyprim", "unlinked disease")
    assert "no-path" in found.flags
    assert not found.coverage.enough
    assert found.safety.contraindication == ""


def test_a_comparison_splits_shared_paths_from_own_ones_and_adds_up(kr: Kedrec) -> None:
    found = kr.compare("wheezing", "gammaprim", "alphaprim")
    through = {
        side: {
            item.path.nodes[1].name
            for item in one.evidence
            if item.id in found.exclusive[place]
            and item.path is not None
            and item.path.template == "drug-binds-gene-disease"
        }
        for place, (side, one) in enumerate((("left", found.left), ("right", found.right)))
    }
    assert through == {"left": {"GENE2"}, "right": set()}  # both bind GENE1
    assert found.shared[0]
    assert found.shared[1]
    difference = sum(part.difference for part in found.parts)
    assert difference == pytest.approx(found.left.score - found.right.score)
    counts = {one.template: (one.left, one.right) for one in found.metapaths}
    assert counts["drug-binds-gene-disease"] == (2, 1)


def test_a_drug_is_not_compared_with_itself(kr: Kedrec) -> None:
    with pytest.raises(UsageError, match="both alphaprim"):
        kr.compare("gasping", "alphaprim", "DRUGBANK:D1")


def test_a_graph_without_treatments_ranks_unfitted_and_says_so(tmp_path: Path) -> None:
    with open_graph(tmp_path, EDGES) as kr:
        answer = kr.recommend("wheezing", llm=False)
        assert answer.manifest.ranking.startswith("unfitted")
        assert len(answer)
        for one in answer:
            assert one.probability is None
            assert "unfitted" in one.flags


HIERARCHY = """\
Disease MONDO:20 organ_disease
Disease MONDO:21 gland_disease
Disease MONDO:22 big_gland_disease
Disease MONDO:23 big_gland_swelling
Drug DRUGBANK:D20 alphalol
Drug DRUGBANK:D21 betalol
Drug DRUGBANK:D22 gammalol
Drug DRUGBANK:D23 deltalol
Drug DRUGBANK:D24 otherdrug
PharmacologicClass ATC:C07AA blockers
PharmacologicClass ATC:X99XX mixed_class
"""
CLASSES = """\
IS_A MONDO:21 MONDO:20
IS_A MONDO:22 MONDO:21
IS_A MONDO:23 MONDO:22
CONTRAINDICATED_FOR DRUGBANK:D21 MONDO:22
CONTRAINDICATED_FOR DRUGBANK:D22 MONDO:22
CONTRAINDICATED_FOR DRUGBANK:D24 MONDO:20
MEMBER_OF DRUGBANK:D20 ATC:C07AA
MEMBER_OF DRUGBANK:D21 ATC:C07AA
MEMBER_OF DRUGBANK:D22 ATC:C07AA
MEMBER_OF DRUGBANK:D23 ATC:C07AA
MEMBER_OF DRUGBANK:D23 ATC:X99XX
MEMBER_OF DRUGBANK:D24 ATC:X99XX
"""


def test_a_class_of_which_members_are_contraindicated_is_a_weak_caution(tmp_path: Path) -> None:
    kr = open_graph(tmp_path, EDGES + TREATS + CLASSES, NODES + HIERARCHY)
    for disease, steps in (("big gland disease", 3), ("big gland swelling", 4)):
        found = kr.explain("alphalol", disease)
        assert found.safety.contraindication == "class"
        assert not found.safety.contraindicated
        assert "caution" in found.flags
        (caution,) = found.safety.cautions
        assert caution.path is not None
        assert len(caution.path.steps) == steps
        assert caution.path.nodes[1].id == "ATC:C07AA"
        assert "Other members of its class are contraindicated (a weaker sign): see C1" in found.verdict
    # one other member alone says nothing, and a direct contraindication says more
    assert kr.explain("deltalol", "organ disease").safety.contraindication == ""
    assert kr.explain("betalol", "big gland disease").safety.contraindication == "direct"


def test_a_much_broader_contraindication_is_a_caution_that_names_the_broader_disease(tmp_path: Path) -> None:
    kr = open_graph(tmp_path, EDGES + TREATS + CLASSES, NODES + HIERARCHY)
    found = kr.explain("otherdrug", "big gland swelling")
    assert found.safety.contraindication == "broad"
    (caution,) = found.safety.cautions
    assert caution.path is not None
    assert caution.path.nodes[1].name == "organ disease"
    assert "It is contraindicated in a broader disease: see C1." in found.verdict
    assert kr.explain("otherdrug", "big gland disease").safety.contraindication == "inherited"


def test_how_much_the_graph_knows_of_contraindications_is_counted(tmp_path: Path) -> None:
    kr = open_graph(tmp_path, EDGES + TREATS + CLASSES, NODES + HIERARCHY)
    known = kr.explain("alphalol", "big gland disease").safety.listed
    assert (known.of_drug, known.of_disease, known.drugs) == (0, 2, 5)
    unknown = kr.explain("gammaprim", "unlinked disease").safety.listed
    assert (unknown.of_drug, unknown.of_disease, unknown.drugs) == (0, 0, 5)


def test_rates_of_warnings_are_counted_by_group_and_kind(tmp_path: Path) -> None:
    kr = open_graph(tmp_path, EDGES + TREATS + CLASSES, NODES + HIERARCHY)
    del kr
    words = ["warnings", "--pairs", "0", "--graph", str(tmp_path / "graph")]
    text = CliRunner().invoke(evaluate, [*words, "--json"], catch_exceptions=False).stdout
    rates = {(row["group"], row["kind"]): (row["warned"], row["pairs"]) for row in json.loads(text)["rates"]}
    assert rates["contraindicated pairs", "direct"] == (5, 5)
    assert rates["contraindicated pairs", "class"] == (0, 5)  # each is the only other member
    assert rates["known treatments", "direct"] == (0, 1)
    assert rates["known treatments", "opposed"] == (0, 1)
    assert "| direct | 0 of 1 (0.0%) | 5 of 5 (100.0%) |" in CliRunner().invoke(evaluate, words).stdout
