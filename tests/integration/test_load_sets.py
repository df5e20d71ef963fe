"""`kedrec-load graph SET`: several sources by one command, what is missing, and the lock file."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from small_sources import ORDER, write_sources

from kedrec.cli.load import graph as graph_command
from kedrec.cli.sources import sources as sources_command
from kedrec.errors import DataError, EmptyGraphError, UsageError
from kedrec.loading import sources as declarations
from kedrec.settings import load_settings
from kedrec.stores import open_store

SETS = """sets:
- name: all
  title: Everything of the tests
  sources: [hetionet, drugmechdb, doid, mondo, sider]
- name: ontologies
  title: Diseases
  sources: [doid, mondo]
"""


@pytest.fixture
def data(tmp_path: Path, kedrec_home: Path) -> Path:
    """Files of five sources, and two sets of them in KEDRec's home."""
    kedrec_home.mkdir()
    (kedrec_home / "sets.yaml").write_text(SETS, encoding="utf-8")
    return write_sources(tmp_path / "data")


def call(*words: object) -> Result:
    return CliRunner().invoke(graph_command, [*map(str, words), "--no-fit"])


def loaded(*words: object) -> dict[str, Any]:
    result = call(*words, "--json")
    if result.exception is not None:
        raise result.exception
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def is_empty(home: Path) -> bool:
    try:
        with open_store(str(home / "graph"), load_settings()) as store:
            return not store.fingerprint().nodes
    except EmptyGraphError:
        return True


def test_a_set_loads_its_sources_in_order_and_loading_it_again_changes_nothing(
    data: Path, kedrec_home: Path
) -> None:
    first = loaded("all", "--from", data)
    assert [source["source"] for source in first["sources"]] == list(ORDER)
    one_by_one = [loaded(name, "--from", data, "--graph", kedrec_home / "other") for name in ORDER]
    assert first["fingerprint"] == one_by_one[-1]["fingerprint"]
    for together, alone in zip(first["sources"], one_by_one, strict=True):
        assert together | {"seconds": 0} == alone["sources"][0] | {"seconds": 0}
    again = loaded("all", "--from", data)
    assert again["fingerprint"] == first["fingerprint"]
    for source in again["sources"]:
        for part in ("nodes", "edges"):
            assert (source[part]["new"], source[part]["changed"], source[part]["gone"]) == (0, 0, 0)


def test_the_report_names_each_source(data: Path) -> None:
    result = call("ontologies", "--from", data)
    assert result.exit_code == 0
    assert "doid rolling" in result.stdout
    assert "mondo rolling" in result.stdout


def test_missing_sources_are_named_with_where_to_get_them_and_nothing_is_loaded(
    data: Path, kedrec_home: Path
) -> None:
    (data / "mondo" / "mondo.obo.gz").unlink()
    for path in sorted((data / "sider").iterdir()):
        path.unlink()
    (data / "sider").rmdir()
    with pytest.raises(DataError) as caught:
        loaded("all", "--from", data)
    message = str(caught.value)
    assert "2 of 5 sources can't be loaded, so none was: mondo, sider." in message
    assert "mondo.monarchinitiative.org" in message
    assert "sideeffects.embl.de" in message
    assert "--allow-missing" in message
    assert is_empty(kedrec_home)
    report = loaded("all", "--from", data, "--allow-missing")
    assert [source["source"] for source in report["sources"]] == ["hetionet", "drugmechdb", "doid"]
    assert list(report["missing"]) == ["mondo", "sider"]
    assert "mondo.obo" in report["missing"]["mondo"]
    assert "Missing, and so not loaded: mondo, sider" in call("all", "--from", data, "--allow-missing").stdout


@pytest.mark.parametrize("flag", [[], ["--allow-missing"]])
def test_a_folder_with_nothing_is_refused_with_every_source(
    data: Path, tmp_path: Path, kedrec_home: Path, flag: list[str]
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="5 of 5 sources can't be loaded"):
        loaded("all", "--from", tmp_path / "empty", *flag)
    with pytest.raises(DataError, match="no folder"):
        loaded("all", "--from", tmp_path / "nowhere", *flag)
    assert is_empty(kedrec_home)


def test_a_truncated_download_is_refused_by_name(data: Path, kedrec_home: Path) -> None:
    path = data / "mondo" / "mondo.obo.gz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"mondo\.obo\.gz"):
        loaded("ontologies", "--from", data, "--allow-missing")
    assert is_empty(kedrec_home)  # the source before it isn't loaded either


def test_a_folder_of_several_sources_is_found_by_its_other_name(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data / "mondo").rename(data / "monarch")
    with pytest.raises(DataError, match="mondo"):
        loaded("ontologies", "--from", data)
    import dataclasses

    source = dataclasses.replace(declarations.load_source("mondo"), folders=("nothing", "monarch"))
    monkeypatch.setitem(declarations._declared(), "mondo", source)
    assert [source["source"] for source in loaded("ontologies", "--from", data)["sources"]] == [
        "doid",
        "mondo",
    ]


def test_without_a_folder_the_sources_that_cannot_be_fetched_are_named_at_once(
    data: Path, kedrec_home: Path, tmp_path: Path
) -> None:
    sets = tmp_path / "mine.yaml"
    sets.write_text(
        "sets: [{name: mine, title: Mine, sources: [drugbank-vocabulary, repodb, starter]}]", encoding="utf-8"
    )
    with pytest.raises(DataError) as caught:
        loaded("mine", "--sets", sets)
    assert "2 of 2 sources have no address to fetch them from" in str(caught.value)
    assert "go.drugbank.com" in str(caught.value)
    assert is_empty(kedrec_home)
    result = call("mine", "--sets", sets, "--allow-missing", "--json")
    assert list(json.loads(result.stdout)["missing"]) == ["drugbank-vocabulary", "repodb"]
    assert "drugbank-vocabulary is left out." in result.stderr


def test_a_licence_leaves_out_the_sources_that_it_forbids_and_says_so(data: Path) -> None:
    result = call("all", "--from", data, "--licence", "commercial", "--json")
    assert "sider" not in {source["source"] for source in json.loads(result.stdout)["sources"]}
    assert "sider is left out: its licence is CC-BY-NC-SA-4.0." in result.stderr
    with pytest.raises(UsageError, match="No source of all"):
        loaded("all", "--from", data, "--licence", "MIT", "--sets", _only_sider(data))


def _only_sider(folder: Path) -> Path:
    path = folder / "sets.yaml"
    path.write_text("sets: [{name: all, title: All, sources: [sider]}]", encoding="utf-8")
    return path


def test_a_dry_run_of_a_set_writes_nothing(data: Path, kedrec_home: Path) -> None:
    report = loaded("all", "--from", data, "--dry-run")
    assert report["dry_run"]
    assert len(report["sources"]) == 5
    assert is_empty(kedrec_home)


def test_a_lock_file_gives_the_same_graph_and_refuses_another_file_by_name(
    data: Path, kedrec_home: Path, tmp_path: Path
) -> None:
    lock = tmp_path / "all.lock"
    report = loaded("all", "--from", data, "--lock", lock)
    written = json.loads(lock.read_text(encoding="utf-8"))
    assert written["fingerprint"] == report["fingerprint"]
    assert [source["name"] for source in written["sources"]] == list(ORDER)
    [sider] = [source for source in written["sources"] if source["name"] == "sider"]
    assert {file["path"] for file in sider["files"]} == {"drug_names.tsv", "meddra_all_se.tsv"}
    assert sider["files"][0]["url"].startswith("https://sideeffects.embl.de/")
    assert all(len(file["sha256"]) == 64 for source in written["sources"] for file in source["files"])
    elsewhere = tmp_path / "elsewhere"
    assert (
        loaded("all", "--from", data, "--locked", lock, "--graph", elsewhere)["fingerprint"]
        == (report["fingerprint"])
    )

    obo = data / "doid" / "doid.obo"
    published = obo.read_text(encoding="utf-8")
    obo.write_text(published.replace("multiple", "manifold"), encoding="utf-8")
    third = tmp_path / "third"
    with pytest.raises(DataError, match=r"doid\.obo of doid isn't the file of the lock file"):
        loaded("all", "--from", data, "--locked", lock, "--graph", third)
    assert not third.exists()
    obo.write_text(published, encoding="utf-8")
    with pytest.raises(DataError, match="the source 'hetionet' is in one alone"):
        loaded("ontologies", "--from", data, "--locked", lock, "--graph", third)
    with pytest.raises(DataError, match="no --licence"):
        loaded(*ORDER, "--from", data, "--locked", lock, "--licence", "commercial", "--graph", third)
    more = data / "sider" / "meddra_freq.tsv"
    more.write_text("", encoding="utf-8")
    with pytest.raises(DataError, match=r"sider has meddra_freq\.tsv, which the lock file lacks"):
        loaded("all", "--from", data, "--locked", lock, "--graph", third)
    more.unlink()
    names = data / "sider" / "drug_names.tsv"
    (data / "sider" / "drug_names.tsv.gz").write_bytes(gzip.compress(names.read_bytes()))
    names.unlink()
    with pytest.raises(DataError, match=r"sider lacks drug_names\.tsv"):
        loaded("all", "--from", data, "--locked", lock, "--graph", third)
    assert not third.exists()


def test_a_graph_that_differs_from_its_lock_file_is_told(data: Path, tmp_path: Path) -> None:
    lock = tmp_path / "lock.json"
    loaded("ontologies", "--from", data, "--lock", lock)
    written = json.loads(lock.read_text(encoding="utf-8"))
    lock.write_text(json.dumps(written | {"fingerprint": "0" * 16, "kedrec": "0.0.1"}), encoding="utf-8")
    with pytest.raises(DataError, match=r"fingerprint is [0-9a-f]{16}, not 0{16}.*0\.0\.1"):
        loaded("ontologies", "--from", data, "--locked", lock, "--graph", tmp_path / "other")
    # In a graph with further sources, the fingerprint says nothing about these.
    loaded("ontologies", "--from", data, "--lock", lock)
    loaded("hetionet", "--from", data)
    loaded("ontologies", "--from", data, "--lock", lock)
    assert json.loads(lock.read_text(encoding="utf-8"))["fingerprint"] == ""
    loaded("ontologies", "--from", data, "--locked", lock)


@pytest.mark.parametrize(
    ("text", "problem"),
    [("", "JSON"), ("{}", "Field required"), ("[]", "no lock file"), (None, "can't be read")],
)
def test_a_file_that_is_no_lock_file_is_refused(
    data: Path, tmp_path: Path, text: str | None, problem: str
) -> None:
    lock = tmp_path / "lock.json"
    if text is not None:
        lock.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=problem):
        loaded("ontologies", "--from", data, "--locked", lock)


def test_options_of_lock_files_that_contradict_each_other_are_refused(data: Path, tmp_path: Path) -> None:
    lock = tmp_path / "lock.json"
    loaded("ontologies", "--from", data, "--lock", lock)
    for other in (["--locked", lock], ["--dry-run"], ["--offline", tmp_path / "csv"]):
        with pytest.raises(UsageError, match="don't go together"):
            loaded("ontologies", "--from", data, "--lock", lock, *other)


def test_the_list_of_sources_has_the_sets_too(data: Path) -> None:
    listed = json.loads(CliRunner().invoke(sources_command, ["--json"]).stdout)
    sets = {one["name"]: one["sources"] for one in listed["sets"]}
    assert sets["ontologies"] == ["doid", "mondo"]
    assert set(sets["open"]) <= {source["name"] for source in listed["sources"]}
    text = CliRunner().invoke(sources_command).stdout
    assert "ontologies: Diseases, a set of 2 sources" in text
    assert "open: " in text
