"""Sources in the cache, where a download or a person put their files, and the list that tells of them."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from kedrec.cli.load import graph
from kedrec.cli.sources import sources as list_them


def test_the_list_of_sources_tells_what_is_there(kedrec_home: Path) -> None:
    listed = {
        entry["name"]: entry
        for entry in json.loads(CliRunner().invoke(list_them, ["--json"]).stdout)["sources"]
    }
    assert {"hetionet", "primekg", "drkg", "repodb", "doid", "opentargets", "clinicaltrials"} <= listed.keys()
    primekg = listed["primekg"]
    assert all(primekg[key] for key in ("licence", "size", "date", "brings", "downloads", "obtain"))
    assert primekg["cached"] is None
    said = CliRunner().invoke(list_them).stdout
    assert "Licence: CC-BY-NC-SA-4.0" in said
    assert "No address to fetch it from." in said


def test_a_source_without_an_address_loads_from_the_cache_where_it_was_put(kedrec_home: Path) -> None:
    place = kedrec_home / "cache" / "sources" / "repodb"
    place.mkdir(parents=True)
    (place / "full.csv").write_text(
        "drug_name,drugbank_id,ind_name,ind_id,NCT,status,phase,DetailedStatus\n"
        "Lepirudin,DB00001,Thrombocytopenia,C0272285,NA,Approved,NA,NA\n"
    )
    result = CliRunner().invoke(graph, ["repodb", "--no-fit"], catch_exceptions=False)
    assert "TREATS" in result.stdout


def test_a_source_without_an_address_loads_from_the_cache_by_its_folders_other_name(
    kedrec_home: Path,
) -> None:
    files = kedrec_home / "cache" / "sources" / "everycure"
    files.mkdir(parents=True)
    (files / "drug_list_stringent.csv").write_text(
        "curie,curie_label,alternate_ids,atc_codes\nCHEBI:1,racemol,\"['CHEBI:1', 'DRUGBANK:DB00001']\",\n"
    )
    result = CliRunner().invoke(graph, ["everycure-drugs", "--no-fit", "--json"], catch_exceptions=False)
    assert json.loads(result.stdout)["nodes"] == {"Drug": 1}
