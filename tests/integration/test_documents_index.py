"""Loading documents into a real index: counts, again, cut off, retracted, linked, and found for a pair."""

from __future__ import annotations

import gzip
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kedrec.cli.load_documents import documents as command
from kedrec.documents import loading
from kedrec.documents.linking import Linker
from kedrec.documents.loading import DocumentsReport, load_documents
from kedrec.documents.passage_index import PassageIndex, PassageWriter, index_folder
from kedrec.documents.passage_search import search_pair, search_question
from kedrec.documents.text_evidence import numbered_evidence
from kedrec.errors import DataError, NotFoundError, StoreBusyError, UsageError
from kedrec.types import Entity

METFORMIN = Entity(id="DRUGBANK:DB00331", kind="Drug", name="Metformin")
DIABETES = Entity(id="DOID:9352", kind="Disease", name="type 2 diabetes mellitus")
LINKER = Linker(
    [
        (METFORMIN.id, "Metformin", True),
        (DIABETES.id, "type 2 diabetes mellitus", True),
        (DIABETES.id, "type II diabetes", False),
        ("DOID:332", "amyotrophic lateral sclerosis", True),
        ("DOID:332", "ALS", False),
        ("DRUGBANK:DB01373", "Lead", True),
    ]
)
LINES = [
    {"pmid": "1", "title": "Metformin", "abstract": "It lowered glucose in Type II Diabetes.", "year": 2001},
    {"pmid": "2", "title": "Walking", "abstract": "Long walks also help against tumours.", "year": 2002},
    {"pmid": "3", "title": "Empty", "abstract": " "},
    {"pmid": "2", "title": "Walking", "abstract": "The same number again."},
    {"id": "n4", "title": "Metformin again", "text": "Type 2 diabetes mellitus got worse."},
]
TRIALS = [
    {
        "nct_id": f"NCT0000000{number}", "brief_title": f"Trial {number}", "overall_status": status,
        "why_stopped": why, "enrollment": 30, "phase": "Phase 3", "start_date": "May 2010",
        "conditions": ["Type 2 Diabetes Mellitus"],
        "interventions": [{"type": "Drug", "name": "Metformin 500 mg"}],
    }
    for number, status, why in ((1, "Completed", ""), (2, "Terminated", "Harm."), (3, "WITHDRAWN", ""))
]  # fmt: skip


def write(folder: Path, name: str, items: list[dict[str, object]]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    return folder


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    write(tmp_path / "texts", "a.jsonl", LINES)  # type: ignore[arg-type]
    return write(tmp_path / "texts", "trials.jsonl", TRIALS)  # type: ignore[arg-type]


def load(home: Path, *places: Path, linker: Linker | None = LINKER) -> DocumentsReport:
    with PassageIndex.open(index_folder(home), create=True) as index:
        return load_documents(index, places, linker=linker)


def test_what_is_read_is_indexed_or_rejected_and_again_changes_nothing(tmp_path: Path, texts: Path) -> None:
    first = load(tmp_path, texts)
    assert (first.read, first.indexed, first.rejected) == (8, 6, 2)
    assert first.reasons == {"empty abstract": 1, "second record of one id": 1}
    assert first.held == {"jsonl": 1, "pubmed": 2, "trials": 3}
    second = load(tmp_path, texts)
    assert (second.indexed, second.unchanged, second.passages) == (6, 6, 0)
    with PassageIndex.open(index_folder(tmp_path)) as index:
        assert index.passages == first.passages
    changed = load(tmp_path, write(tmp_path / "new", "b.jsonl", [{**LINES[1], "abstract": "Short walks."}]))
    assert (changed.replaced, changed.unchanged) == (1, 0)
    with PassageIndex.open(index_folder(tmp_path)) as index:
        assert index.passages == first.passages
        assert (
            search_question(index, "long walks") == []
            or "Short" in search_question(index, "long walks")[0].text
        )


def test_a_damaged_file_is_told_and_the_rest_is_read(tmp_path: Path, texts: Path) -> None:
    (texts / "b.json").write_text('[{"id": "5", "text": "whole"}, {"id": "6", "te', encoding="utf-8")
    (texts / "c.xml.gz").write_bytes(b"not packed")
    report = load(tmp_path, texts)
    assert (report.read, report.indexed) == (9, 7)
    problems = {Path(file.file).name: file.problem for file in report.files if file.problem}
    assert "cut off" in problems["b.json"]
    assert "gzip" in problems["c.xml.gz"]


@pytest.mark.parametrize(
    ("odd", "why"), [("pipe", "a named pipe"), ("device", "a device"), ("lost link", "No such file")]
)
def test_what_is_no_regular_file_is_told_and_the_rest_is_read(
    tmp_path: Path, texts: Path, odd: str, why: str
) -> None:
    if odd == "pipe":
        os.mkfifo(texts / "b.json")
    else:
        (texts / "b.json").symlink_to("/dev/zero" if odd == "device" else "nowhere")
    report = load(tmp_path, texts)
    assert (report.read, report.indexed) == (8, 6)
    [problem] = [file.problem for file in report.files if file.problem]
    assert why in problem


def test_a_load_that_was_cut_off_goes_on(
    tmp_path: Path, texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_BATCH", 1)
    add = PassageWriter.add

    def stopped(self: PassageWriter, id_: str, *rest: object, **named: object) -> None:
        if id_ == "trials:NCT00000002":
            raise KeyboardInterrupt
        add(self, id_, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(PassageWriter, "add", stopped)
    with pytest.raises(KeyboardInterrupt):
        load(tmp_path, texts)
    monkeypatch.setattr(PassageWriter, "add", add)
    report = load(tmp_path, texts)
    assert (report.read, report.indexed, report.unchanged) == (8, 6, 4)
    with PassageIndex.open(index_folder(tmp_path)) as index:
        assert len(index.search(index.words_query("trial walking metformin"), 50)) == index.passages == 6


def test_a_batch_that_only_the_words_have_appears_once(
    tmp_path: Path, texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Killed between the two commits: the words are there, the catalogue doesn't know.
    with PassageIndex.open(index_folder(tmp_path), create=True) as index:
        monkeypatch.setattr(index.catalogue, "commit", index.catalogue.rollback)
        index.catalogue.set_fact("writing", "1")
        index.catalogue._tables.commit()
        load_documents(index, [texts], linker=LINKER)
    monkeypatch.undo()
    load(tmp_path, texts)
    with PassageIndex.open(index_folder(tmp_path)) as index:
        assert index.passages == 6


def many_texts(folder: Path) -> Path:
    """Four files: one ends in the middle, and some ids come twice, near and far from each other."""
    numbers = random.Random(5)
    for name, first in (("a.jsonl", 0), ("b.jsonl", 40), ("d.jsonl", 90)):
        lines = [
            {
                "pmid": str(n % 100),
                "title": f"Text {n}",
                "abstract": " ".join(
                    f"Metformin walk {numbers.getrandbits(400)}." for _ in range(n % 60 + 1)
                ),
            }
            for n in range(first, first + 60)
        ]
        write(folder, name, lines)  # type: ignore[arg-type]
    every = b"".join(file.read_bytes() for file in sorted(folder.iterdir()))
    whole = gzip.compress(every.replace(b'"pmid": "', b'"pmid": "7'))
    (folder / "c.jsonl.gz").write_bytes(whole[: len(whole) * 2 // 3])
    return folder


@pytest.mark.parametrize("where", [{"jobs": 2}, {"ray": "local"}])
def test_other_processes_make_the_same_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: dict[str, Any]
) -> None:
    monkeypatch.setattr("kedrec.documents.streaming._HERE", 20)
    monkeypatch.setattr("kedrec.documents.streaming._BLOCK", 7)
    folder = many_texts(tmp_path / "many")
    found = []
    for home, how in ((tmp_path / "one", {}), (tmp_path / "other", where)):
        with PassageIndex.open(index_folder(home), create=True) as index:
            report = load_documents(index, [folder], linker=LINKER, **how)
            again = load_documents(index, [folder], linker=LINKER, **how)
            passages = index.search(index.words_query("metformin walk"), 10_000)
            kept = sorted(passage.model_dump_json(exclude={"score"}) for passage in passages)
            assert len(kept) == index.passages
        found.append((report.model_dump(exclude={"seconds"}), again.model_dump(exclude={"seconds"}), kept))
    assert found[0] == found[1]
    report = found[1][0]
    assert report["read"] == report["indexed"] + report["rejected"]
    assert report["reasons"]["second record of one id"] > 20
    assert [file["file"][-10:] for file in report["files"] if file["problem"]] == ["c.jsonl.gz"]
    assert 0 < report["files"][2]["read"] < 180


def test_a_retraction_takes_an_article_out_for_good(tmp_path: Path, texts: Path) -> None:
    load(tmp_path, texts)
    report = load(
        tmp_path, write(tmp_path / "r", "r.jsonl", [{"pmid": "1", "abstract": "x", "retracted": True}])
    )
    assert (report.read, report.rejected, report.removed) == (1, 1, 1)
    again = load(tmp_path, texts)
    assert again.reasons["retracted"] == 1
    with PassageIndex.open(index_folder(tmp_path)) as index:
        found = search_pair(index, METFORMIN, DIABETES, k=9)
        assert [passage.document for passage in found.passages] == ["jsonl:n4"]


def test_a_pairs_texts_are_found_by_what_they_name(tmp_path: Path, texts: Path) -> None:
    load(tmp_path, texts)
    with PassageIndex.open(index_folder(tmp_path)) as index:
        found = search_pair(index, METFORMIN, DIABETES, "both", 9, vocabulary=LINKER.digest)
        assert not found.stale
        assert {passage.document for passage in found.passages} == {"pubmed:1", "jsonl:n4"}
        told = {trial.number[-1]: (trial.stance, trial.reason) for trial in found.trials}
        assert told == {
            "1": ("supports", ""),
            "2": ("adverse", "The trial was terminated: Harm."),
            "3": ("adverse", "The trial was withdrawn, and the register doesn't say why."),
        }
        supports, adverse = numbered_evidence(found)
        assert {item.id[0] for item in supports} == {"T", "L"}
        assert {item.id[0] for item in adverse} == {"T"}
        assert len({item.id for item in (*supports, *adverse)}) == 5
        assert any("phase 3, terminated, 30 participants, May 2010" in item.sentence for item in adverse)
        assert all(item.links[0].url.startswith("https://clinicaltrials.gov/study/NCT") for item in adverse)
        assert search_pair(index, METFORMIN, DIABETES, "none") == type(found)()
        assert not search_pair(index, METFORMIN, DIABETES, "literature").trials
        assert not search_pair(index, METFORMIN, DIABETES, "trials").passages


def test_texts_linked_with_another_graph_are_found_by_the_names_words(tmp_path: Path, texts: Path) -> None:
    load(tmp_path, texts, linker=None)
    with PassageIndex.open(index_folder(tmp_path)) as index:
        found = search_pair(index, METFORMIN, DIABETES, k=9)
        assert found.stale
        assert [passage.document for passage in found.passages] == ["jsonl:n4"]
        assert len(found.trials) == 3


def test_names_are_found_as_they_are_written() -> None:
    assert LINKER.find("Patients with type 2 diabetes mellitus on METFORMIN.") == [DIABETES.id, METFORMIN.id]
    assert LINKER.find("Two type-II  diabetes patients") == [DIABETES.id]
    assert LINKER.find("ALS progressed") == ["DOID:332"]
    assert LINKER.find("als ob; this may lead to falls") == []


def test_questions_of_any_characters_are_words(tmp_path: Path, texts: Path) -> None:
    load(tmp_path, texts)
    with PassageIndex.open(index_folder(tmp_path)) as index:
        assert search_question(index, 'walks AND (tumours OR "x": title:^[')[0].document == "pubmed:2"
        assert search_question(index, "!!!") == []
        passage = search_question(index, "long walks")[0]
        assert index.passage(passage.id) == passage.model_copy(
            update={"score": index.passage(passage.id).score}
        )  # type: ignore[union-attr]


def test_other_versions_other_writers_and_no_index_are_told(tmp_path: Path, texts: Path) -> None:
    folder = index_folder(tmp_path)
    with pytest.raises(NotFoundError, match="no texts yet"):
        PassageIndex.open(folder)
    load(tmp_path, texts)
    with PassageIndex.open(folder) as index:
        writer = index.writer()
        with pytest.raises(StoreBusyError):
            index.writer()
        writer.close(keep=False)
    (folder / "index.json").write_text('{"format": 99}', encoding="utf-8")
    with pytest.raises(DataError, match="version 99"):
        PassageIndex.open(folder, create=True)
    PassageIndex.delete(folder)
    assert load(tmp_path, texts).indexed == 6


def test_the_command_reports_and_refuses(
    tmp_path: Path, texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEDREC_HOME", str(tmp_path / "home"))
    runner = CliRunner()
    done = runner.invoke(
        command, ["--from", str(texts), "--no-model", "--no-link", "--json"], catch_exceptions=False
    )
    report = json.loads(done.stdout)
    assert (report["read"], report["indexed"], report["rejected"]) == (8, 6, 2)
    told = runner.invoke(
        command, ["trials", "--from", str(texts), "--no-model", "--no-link"], catch_exceptions=False
    )
    assert "3 records read: 3 indexed (3 unchanged" in told.stdout
    for wrong in ([], ["--from", str(texts), "--query", "x"], ["poems", "--from", str(texts)]):
        with pytest.raises(UsageError):
            runner.invoke(command, wrong, catch_exceptions=False)
