"""Studies of ClinicalTrials.gov, as its API writes them and flattened, meet what the graph calls the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from kedrec.errors import DataError
from kedrec.loading.readers.trial_studies import disease_names, drug_names, mesh_id

if TYPE_CHECKING:
    from loaded import Loaded

HETIONET = {
    "hetionet-v1.0-nodes.tsv": "id\tname\tkind\n"
    "Compound::DB12159\tDupilumab\tCompound\nCompound::DB00945\tAcetylsalicylic acid\tCompound\n"
    "Disease::DOID:3310\tatopic dermatitis\tDisease\nDisease::DOID:2377\tmultiple sclerosis\tDisease\n",
    "hetionet-v1.0-edges.sif": "source\tmetaedge\ttarget\n",
    "attributes/disease-xrefs-slim.tsv": "doid_code\tresource\tresource_id\nDOID:3310\tMSH\tD003876\n",
    "attributes/compound-aliases.json": json.dumps({"DB00945": ["Aspirin"]}),
}


def study(number: str, status: str, drugs: list[dict[str, Any]], conditions: list[str]) -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": number, "briefTitle": f"Study {number}", "acronym": "ABC"},
            "statusModule": {
                "overallStatus": status, "whyStopped": "No money" if status == "TERMINATED" else "",
                "startDateStruct": {"date": "2014-08-05"},
            },
            "designModule": {
                "studyType": "INTERVENTIONAL", "phases": ["PHASE1", "PHASE2"],
                "enrollmentInfo": {"count": 194},
            },
            "conditionsModule": {"conditions": conditions},
            "armsInterventionsModule": {"interventions": drugs},
            "referencesModule": {"references": [{"pmid": "22107850", "type": "BACKGROUND"}]},
        },
        "derivedSection": {
            "conditionBrowseModule": {"meshes": [{"id": "D000003876", "term": "Dermatitis, Atopic"}]}
        },
        "hasResults": status == "COMPLETED",
    }  # fmt: skip


DUPILUMAB = {"type": "DRUG", "name": "REGN668 300 mg qw", "otherNames": ["SAR231893", "dupilumab"]}
PLACEBO = {"type": "DRUG", "name": "Placebo"}
DEVICE = {"type": "DEVICE", "name": "PicoPlus"}
PAGE = {
    "studies": [
        study("NCT02210780", "COMPLETED", [DUPILUMAB, PLACEBO, DEVICE], ["Atopic  Dermatitis"]),
        study("NCT02210781", "TERMINATED", [{"type": "DRUG", "name": "Aspirin"}], ["Nameless condition"]),
        {"protocolSection": {"identificationModule": {"nctId": "NCT02210782"}}},
        {"protocolSection": {}},
        study("12345", "COMPLETED", [], []),
    ],
    "nextPageToken": "x",
}
FLAT = {
    "nct_id": "NCT00000378", "brief_title": "Aspirin in MS", "overall_status": "Withdrawn",
    "phase": "Phase 4", "study_type": "Interventional",
    "start_date": "July 1997", "conditions": ["Multiple Sclerosis"],
    "interventions": [{"type": "Drug", "name": "Aspirin (81 mg)"}], "condition_mesh": ["Sclerosis"],
}  # fmt: skip


def test_studies_meet_drugs_and_diseases_by_name_and_by_mesh(graph: Loaded) -> None:
    graph.load("hetionet", HETIONET)
    files = {"page.json": json.dumps(PAGE), "records.jsonl": f"{json.dumps(FLAT)}\n{{broken\n"}
    [report] = graph.load("clinicaltrials", files).sources
    assert set(graph.ends("STUDIED_IN")) == {
        ("DRUGBANK:DB12159", "NCT:NCT02210780"),
        ("DOID:3310", "NCT:NCT02210780"),
        ("DRUGBANK:DB00945", "NCT:NCT02210781"),
        ("DOID:3310", "NCT:NCT02210781"),
        ("DRUGBANK:DB00945", "NCT:NCT00000378"),
        ("DOID:2377", "NCT:NCT00000378"),
    }
    by_end = {(row["start"], row["end"]): row for row in graph.edges("STUDIED_IN")}
    done = by_end["DRUGBANK:DB12159", "NCT:NCT02210780"]
    assert (done["action"], done["year"]) == ("completed", 2014)
    assert done["evidence"] == "phase 1/phase 2, completed, results posted"
    assert done["references"] == ["NCT:NCT02210780", "PMID:22107850"]
    assert by_end["DRUGBANK:DB00945", "NCT:NCT00000378"]["action"] == "withdrawn"
    assert by_end["DOID:2377", "NCT:NCT00000378"]["year"] == 1997
    trials = graph.nodes("Trial")
    assert set(trials) == {f"NCT:NCT{n}" for n in ("00000378", "02210780", "02210781", "02210782")}
    assert trials["NCT:NCT02210781"]["description"] == (
        "phase 1/phase 2; terminated; interventional; start 2014-08-05; 194 participants; "
        "no results posted; stopped: No money"
    )
    assert report.reasons == {
        "name that no node has": 3,
        "not JSON": 1,
        "not a study": 1,
        "intervention that is no drug": 1,
        "not a study's number": 1,
    }
    assert ("1", "name that no node has: name:Drug/placebo") in graph.rejects()
    graph.again("clinicaltrials")


def test_a_file_that_is_no_json_is_refused(graph: Loaded) -> None:
    with pytest.raises(DataError, match="is no JSON"):
        graph.load("clinicaltrials", {"page.json": "<html>"})


@pytest.mark.parametrize(
    ("padded", "written"),
    [("D000003876", "D003876"), ("D000067877", "D000067877"), ("C000606551", "C000606551"), ("x", "x")],
)
def test_mesh_ids_lose_the_padding_that_the_api_gives_them(padded: str, written: str) -> None:
    assert mesh_id(padded) == written


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("DB adalimumab 40 mg eow", "db adalimumab"),
        ("Metformin 500mg tablets (Glucophage)", "metformin"),
        ("Oral Vitamin D3 1,000 IU/day", "vitamin d3"),
        ("5-fluorouracil", "5 fluorouracil"),
        ("Interféron", "interferon"),
    ],
)
def test_a_dose_is_no_part_of_a_drugs_name(name: str, found: str) -> None:
    assert drug_names(name)[-1] == found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Stress Disorders, Post-Traumatic", "post traumatic stress disorder"),
        ("Lung Neoplasms", "lung cancer"),
        ("Allergies (Seasonal)", "allergy"),
        ("Multiple Sclerosis", "multiple sclerosis"),
        ("AIDS", "aids"),
        ("Ascites", "ascites"),
    ],
)
def test_a_condition_is_looked_up_turned_round_and_in_the_singular(name: str, found: str) -> None:
    assert found in disease_names(name)
