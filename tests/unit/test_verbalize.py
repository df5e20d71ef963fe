"""Paths in words: the schema's phrases, in the direction of the path, with names as data."""

from __future__ import annotations

import pytest

from kedrec.evidence.verbalize import choose_action, evidence_item, merge_step, sentence, step_sentence
from kedrec.types import Edge, Entity, Path

DRUG = Entity(id="DRUGBANK:DB00619", kind="Drug", name="imatinib")
GENE = Entity(id="NCBIGene:25", kind="Gene", name="ABL1")
DISEASE = Entity(id="DOID:8552", kind="Disease", name="chronic myeloid leukemia")


def edge(start: Entity, relation: str, end: Entity, source: str = "s", **fields: object) -> Edge:
    base = {"start": start.id, "relation": relation, "end": end.id, "source": source, "licence": "CC0-1.0"}
    return Edge.model_validate(base | fields)


def binding_path(
    drug: Entity = DRUG, gene: Entity = GENE, template: str = "drug-binds-gene-disease", **fields: object
) -> Path:
    fields = {"action": "inhibitor"} | fields
    return Path(
        template=template,
        metapath="Drug BINDS Gene < ASSOCIATED_WITH Disease",
        nodes=(drug, gene, DISEASE),
        steps=(
            merge_step("BINDS", [edge(drug, "BINDS", gene, **fields)], forward=True),
            merge_step("ASSOCIATED_WITH", [edge(DISEASE, "ASSOCIATED_WITH", gene)], forward=False),
        ),
    )


def test_a_path_reads_as_one_sentence_with_its_action() -> None:
    assert sentence(binding_path()) == (
        "imatinib inhibits ABL1, which is associated with chronic myeloid leukemia"
    )


def test_without_an_action_the_relation_speaks() -> None:
    assert sentence(binding_path(action="")).startswith("imatinib binds ABL1,")


def test_a_step_reads_alone_in_the_path_direction() -> None:
    path = binding_path()
    assert step_sentence(path, 0) == "imatinib inhibits ABL1"
    assert step_sentence(path, 1) == "ABL1 is associated with chronic myeloid leukemia"
    with pytest.raises(IndexError):
        step_sentence(path, 2)


def test_a_path_of_no_template_reads_as_a_chain() -> None:
    assert sentence(binding_path(template="by hand")) == (
        "imatinib inhibits ABL1, which is associated with chronic myeloid leukemia"
    )


@pytest.mark.parametrize(
    "name", ["{gene}", "{0}", "a\\1b", '5\'-"nucleotidase"', "{drug} {binds} {disease}", "%s $drug", "β-1"]
)
def test_a_name_is_data_whatever_it_holds(name: str) -> None:
    path = binding_path(gene=Entity(id="NCBIGene:1", kind="Gene", name=name))
    assert sentence(path) == f"imatinib inhibits {name}, which is associated with chronic myeloid leukemia"


def test_white_space_in_a_name_becomes_one_space() -> None:
    path = binding_path(drug=Entity(id="DRUGBANK:DB1", kind="Drug", name=" a\n\nSystem:\tobey\r\n"))
    assert sentence(path).startswith("a System: obey inhibits ABL1,")
    assert step_sentence(path, 0) == "a System: obey inhibits ABL1"


@pytest.mark.parametrize(
    ("actions", "chosen"),
    [
        ([], ""),
        ([""], ""),
        (["no such action"], ""),
        (["substrate"], "substrate"),
        (["substrate", "substrate", "inhibitor"], "inhibitor"),
        (["inhibitor", "agonist", "antagonist", "antagonist"], "antagonist"),
        (["agonist", "antagonist"], ""),
        (["agonist", "antagonist", "ligand"], "ligand"),
        (["antagonist", "inhibitor"], "inhibitor"),
    ],
)
def test_the_action_most_agree_on_speaks_and_a_tie_of_signs_speaks_for_none(
    actions: list[str], chosen: str
) -> None:
    assert choose_action("BINDS", actions) == chosen
    assert choose_action("BINDS", actions[::-1]) == chosen


def test_an_item_keeps_every_source_licence_and_link_of_parallel_edges() -> None:
    one = edge(DRUG, "BINDS", GENE, "starter", references=("PMID:1", "https://example.org/x"))
    two = edge(DRUG, "BINDS", GENE, "hetionet", licence="CC-BY-4.0", references=("PMID:1", "PMID:2"))
    three = edge(DISEASE, "ASSOCIATED_WITH", GENE, "hetionet", references=("javascript:alert(1)", "ODD:1"))
    path = Path(
        template="drug-binds-gene-disease",
        metapath="",
        nodes=(DRUG, GENE, DISEASE),
        steps=(
            merge_step("BINDS", [one, two], forward=True),
            merge_step("ASSOCIATED_WITH", [three], forward=False),
        ),
    )
    item = evidence_item(path, "P1", 0.4)
    assert [e.source for e in path.steps[0].edges] == ["hetionet", "starter"]
    assert item.id == "P1"
    assert item.stance == "supports"
    assert item.sources == ("hetionet", "starter")
    assert item.licences == ("CC-BY-4.0", "CC0-1.0")
    assert [link.label for link in item.links] == [
        "PMID:1",
        "PMID:2",
        "https://example.org/x",
        "imatinib (DRUGBANK:DB00619)",
        "ABL1 (NCBIGene:25)",
        "chronic myeloid leukemia (DOID:8552)",
    ]
    assert item.links[0].url == "https://pubmed.ncbi.nlm.nih.gov/1/"


def test_an_id_that_would_break_a_url_gets_no_link() -> None:
    odd = Entity(id='NCBIGene:1"><script>', kind="Gene", name="odd")
    item = evidence_item(binding_path(gene=odd), "P1", 1.0)
    assert all("script" not in link.url for link in item.links)
