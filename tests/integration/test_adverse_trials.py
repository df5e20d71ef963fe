"""Trials that speak against a drug are found however many others, short or long, name the same pair."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from kedrec.api import Kedrec
from kedrec.documents import background
from kedrec.documents.background import TextFinder
from kedrec.documents.linking import Linker
from kedrec.documents.loading import load_documents
from kedrec.documents.passage_index import PassageIndex, index_folder
from kedrec.documents.passage_search import search_pair
from kedrec.errors import DataError
from kedrec.loading import load_graph
from kedrec.settings import Settings, load_settings
from kedrec.stores import open_store
from kedrec.types import Entity

DRUG = Entity(id="DRUGBANK:DB01394", kind="Drug", name="Colchicine")
DISEASE = Entity(id="DOID:13189", kind="Disease", name="gout")
LINKER = Linker([(DRUG.id, DRUG.name, True), (DISEASE.id, DISEASE.name, True)])
LONG = " ".join(f"Visit {n} was as long as the others and nothing else was planned." for n in range(120))


def trial(
    number: int, status: str, *, why: str = "", words: str = "", end: str = "2012"
) -> dict[str, object]:
    return {
        "nct_id": f"NCT{number:08}", "brief_title": f"Colchicine in gout, trial {number}",
        "overall_status": status, "why_stopped": why, "conditions": ["Gout"],
        "interventions": [{"name": "Colchicine"}], "start_date": "2010", "completion_date": end,
        "brief_summary": words,
    }  # fmt: skip


def missed(number: int) -> dict[str, object]:
    """A completed trial in the layout of the register whose primary outcome was tested and missed."""
    outcome = {"type": "PRIMARY", "title": "Flares of gout", "analyses": [{"pValue": "0.61"}]}
    return {
        "protocolSection": {
            "identificationModule": {"nctId": f"NCT{number:08}", "briefTitle": "A trial " + LONG},
            "statusModule": {
                "overallStatus": "COMPLETED", "startDateStruct": {"date": "2010"},
                "completionDateStruct": {"date": "2012-05"},
            },
            "conditionsModule": {"conditions": ["Gout"]},
            "armsInterventionsModule": {"interventions": [{"name": "Colchicine"}]},
        },
        "resultsSection": {"outcomeMeasuresModule": {"outcomeMeasures": [outcome]}},
        "hasResults": True,
    }  # fmt: skip


def load(home: Path, records: list[dict[str, object]], linker: Linker | None = LINKER) -> None:
    folder = home / "texts"
    folder.mkdir(exist_ok=True)
    # Two layouts can't be in one file.
    for name, some in (
        ("flat.jsonl", [one for one in records if "nct_id" in one or "pmid" in one]),
        ("studies.jsonl", [one for one in records if "protocolSection" in one]),
    ):
        if some:
            (folder / name).write_text("".join(json.dumps(one) + "\n" for one in some), encoding="utf-8")
    with PassageIndex.open(index_folder(home), create=True) as index:
        load_documents(index, [folder], linker=linker)


@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize("others", [21, 30, 300])
def test_a_stopped_trial_is_found_behind_any_number_of_others(
    tmp_path: Path, others: int, linked: bool
) -> None:
    records = [trial(n, "Completed", words="Colchicine in gout.") for n in range(1, others + 1)]
    records += [
        trial(900, "Terminated", why="Deaths in the treatment arm", words=LONG),
        trial(901, "Withdrawn", words=LONG),
        trial(902, "Suspended", words=LONG),
    ]
    if linked:
        records.append(missed(903))
    load(tmp_path, records, LINKER if linked else None)
    with PassageIndex.open(index_folder(tmp_path)) as index:
        for most in (1, 3, 10):
            found = search_pair(index, DRUG, DISEASE, "trials", most)
            adverse = [one for one in found.trials if one.stance == "adverse"]
            assert len(adverse) == min(most, found.against)
            assert len(found.trials) - len(adverse) == min(most, others)
            assert found.against == 3 + linked
            assert found.more == others + 3 + linked - len(found.trials)
        reasons = {one.number: one.reason for one in search_pair(index, DRUG, DISEASE, "trials", 10).trials}
    assert reasons["NCT00000900"] == "The trial was terminated: Deaths in the treatment arm."
    assert ("NCT00000903" in reasons) == linked


def test_long_trials_crowd_out_no_short_one_that_was_stopped(tmp_path: Path) -> None:
    words = "Colchicine against gout. " * 1500  # thirty passages that all fit better
    load(
        tmp_path,
        [trial(n, "Completed", words=words) for n in range(1, 25)] + [trial(99, "Terminated", why="Harm.")],
    )
    with PassageIndex.open(index_folder(tmp_path)) as index:
        found = search_pair(index, DRUG, DISEASE, "trials", 4)
    assert [one.number for one in found.trials if one.stance == "adverse"] == ["NCT00000099"]
    assert len(found.trials) == 5
    assert (found.against, found.more) == (1, 20)


def test_one_long_article_crowds_out_no_other(tmp_path: Path) -> None:
    long = {"pmid": "1", "title": "Colchicine in gout", "abstract": "Colchicine against gout again. " * 3000}
    others: list[dict[str, object]] = [
        {"pmid": str(n), "title": "Other", "abstract": "Colchicine was given. " + LONG[:700] + " Gout went."}
        for n in range(2, 9)
    ]
    load(tmp_path, [long, *others])
    with PassageIndex.open(index_folder(tmp_path)) as index:
        found = search_pair(index, DRUG, DISEASE, "literature", 5)
    assert len(found.passages) == 5
    assert found.more == 3


@pytest.mark.parametrize(
    ("year", "against"),
    [(None, {900, 903}), (2013, {900, 903}), (2012, {900}), (2011, set())],
)
def test_as_of_a_year_a_trial_speaks_against_only_what_had_come_of_it(
    tmp_path: Path, year: int | None, against: set[int]
) -> None:
    records = [trial(n, "Completed", words="Colchicine in gout.") for n in range(1, 30)]
    load(tmp_path, [*records, trial(900, "Terminated", why="Harm", words=LONG), missed(903)])
    with PassageIndex.open(index_folder(tmp_path)) as index:
        found = search_pair(index, DRUG, DISEASE, "trials", 3, as_of=year)
    assert {int(one.number[3:]) for one in found.trials if one.stance == "adverse"} == against
    assert found.against == len(against)


def test_one_trial_of_two_sources_is_no_further_one(tmp_path: Path) -> None:
    article: dict[str, object] = {
        "pmid": "5",
        "title": "Colchicine in gout",
        "abstract": "It helped in gout.",
    }
    load(tmp_path, [article])
    twin = tmp_path / "twin"
    twin.mkdir()
    record = {"id": "x5", "pmid": "5", "source": "mine", "title": "Colchicine in gout", "text": "As before."}
    (twin / "a.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    with PassageIndex.open(index_folder(tmp_path)) as index:
        load_documents(index, [twin], linker=LINKER)
        assert search_pair(index, DRUG, DISEASE, "literature", 3).more == 0


def test_an_index_of_an_earlier_version_is_refused_with_the_way_out(tmp_path: Path) -> None:
    load(tmp_path, [trial(1, "Terminated", why="Harm.")])
    (index_folder(tmp_path) / "index.json").write_text('{"format": 1}', encoding="utf-8")
    with pytest.raises(DataError, match="version 1") as refused:
        PassageIndex.open(index_folder(tmp_path))
    assert "--again" in refused.value.hint


NODES = f"kind\tid\tname\nDrug\t{DRUG.id}\tColchicine\nDisease\t{DISEASE.id}\tgout\nGene\tNCBIGene:1\tG1\n"
EDGES = (
    "relation\tstart\tend\tlicence\n"
    f"BINDS\t{DRUG.id}\tNCBIGene:1\tCC0-1.0\nASSOCIATED_WITH\t{DISEASE.id}\tNCBIGene:1\tCC0-1.0\n"
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    mine = tmp_path / "data" / "kedrec"
    mine.mkdir(parents=True)
    (mine / "nodes.tsv").write_text(NODES, encoding="utf-8")
    (mine / "edges.tsv").write_text(EDGES, encoding="utf-8")
    settings = load_settings(home=tmp_path)
    with open_store(settings.graph_url, settings, read_only=False) as store:
        load_graph(store, ["kedrec"], data_dir=mine, work_dir=tmp_path / "work")
    return settings


def test_the_answer_flags_the_stopped_trial_and_counts_the_rest(settings: Settings) -> None:
    records = [trial(n, "Completed", words="Colchicine in gout.") for n in range(1, 31)]
    records += [
        trial(n, "Terminated", why="Deaths in the treatment arm", words=LONG) for n in range(900, 905)
    ]
    load(settings.home, records)
    with Kedrec(settings) as kr:
        found = kr.explain("colchicine", "gout", texts=3)
    assert "adverse-trial" in found.flags
    assert len([one for one in found.texts.trials if one.stance == "adverse"]) == 3
    assert (len(found.texts.all), found.texts.more, found.texts.against) == (6, 29, 5)
    assert "5 trials of it were stopped or missed what they were for: see T" in found.verdict
    assert "and 2 more." in found.verdict


def test_none_and_both_open_one_index_and_an_error_leaves_none_open(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(settings.home, [trial(1, "Terminated", why="Harm.")])
    opened: list[PassageIndex] = []
    closed: list[PassageIndex] = []
    open_, close = PassageIndex.open.__func__, PassageIndex.close  # type: ignore[attr-defined]

    def counted(cls: type[PassageIndex], folder: Path, **named: bool) -> PassageIndex:
        opened.append(open_(cls, folder, **named))
        return opened[-1]

    def counted_close(self: PassageIndex) -> None:
        closed.append(self)
        close(self)

    monkeypatch.setattr(PassageIndex, "open", classmethod(counted))
    monkeypatch.setattr(PassageIndex, "close", counted_close)
    for order in ((None, "both"), ("both", None)):
        with Kedrec(settings) as kr:
            for wanted in order:
                assert kr.explain("colchicine", "gout", background=wanted).texts.trials  # type: ignore[arg-type]
    assert len(opened) == len(closed) == 2

    def broken(*_: object) -> str:
        raise DataError("The graph can't be read.", "Load it again.")

    monkeypatch.setattr(background, "_vocabulary", broken)
    with open_store(settings.graph_url, settings) as store, pytest.raises(DataError):
        TextFinder.open(settings, store, "both")
    assert len(opened) == len(closed) == 3


@pytest.mark.skipif(os.name == "nt", reason="modes are of Unix")
def test_the_index_of_notes_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        header = "ROW_ID,SUBJECT_ID,HADM_ID,CHARTDATE,CATEGORY,DESCRIPTION,ISERROR,TEXT\n"
        folder = tmp_path / "notes"
        folder.mkdir()
        rows = "".join(f'{n},1,2,2100-01-01,Nursing,Report,,"On colchicine {n}."\n' for n in range(50))
        (folder / "NOTEEVENTS.csv").write_text(header + rows, encoding="utf-8")
        home = tmp_path / "home"
        for _ in range(2):
            with PassageIndex.open(index_folder(home), create=True) as index:
                assert load_documents(index, [folder], linker=LINKER).indexed == 50
                modes = {
                    str(path.relative_to(home)): stat.S_IMODE(path.stat().st_mode)
                    for path in (home, *home.rglob("*"))
                }
            assert len(modes) > 6
            wrong = {
                name: oct(mode)
                for name, mode in modes.items()
                if mode != (0o700 if (home / name).is_dir() else 0o600)
            }
            assert not wrong
    finally:
        os.umask(before)
