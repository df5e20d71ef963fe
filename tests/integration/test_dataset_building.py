"""expRxRec from a small graph in DrugMechDB's layout: what is in it, what isn't, the same again."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from kedrec.cli.dataset import dataset as commands
from kedrec.dataset.build_folder import BuildFolder
from kedrec.dataset.building import BuildReport, Options, build
from kedrec.dataset.hf_folder import SPLITS, DataSet
from kedrec.dataset.negatives import CandidateMix
from kedrec.dataset.question_types import Question
from kedrec.dataset.teachers import Teacher
from kedrec.errors import EmptyGraphError, KedrecError, NotFoundError, StoreBusyError, UsageError
from kedrec.grounding import check
from kedrec.llm.chat_model import LangChainModel
from kedrec.loading import load_graph
from kedrec.settings import Settings, load_settings
from kedrec.stores import open_store
from kedrec.types import Entity

FAMILIES = 20
OPTIONS = Options(recipe=CandidateMix(3, 1, 1), epochs=1, seed=3)


def mechanism(drug: int, gene: int, process: int, disease: int) -> dict[str, object]:
    """A drug that lowers a protein, which drives a process of the disease."""
    ids = (f"MESH:C{drug:06}", f"UniProt:P{gene:05}", f"GO:{process:07}", f"MESH:D{disease:06}")
    labels = ("Drug", "Protein", "BiologicalProcess", "Disease")
    names = (f"drug{drug:02}ine", f"GEN{gene:02}", f"process {process}", f"disease {disease}")
    keys = ("decreases activity of", "positively regulates", "positively correlated with")
    return {
        "graph": {
            "_id": f"DB{drug:05}_MESH_D{disease:06}_1",
            "drug": names[0],
            "drug_mesh": ids[0],
            "drugbank": f"DB:DB{drug:05}",
            "disease": names[3],
            "disease_mesh": ids[3],
        },
        "nodes": [
            {"id": id_, "label": label, "name": name}
            for id_, label, name in zip(ids, labels, names, strict=True)
        ],
        "links": [
            {"source": one, "key": key, "target": other}
            for one, key, other in zip(ids, keys, ids[1:], strict=False)
        ],
        "reference": ["https://pubmed.ncbi.nlm.nih.gov/15774254/"],
    }


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Families of two drugs and two diseases with one protein, each disease with a process of its own."""
    folder = tmp_path_factory.mktemp("exprxrec")
    stated = [
        mechanism(drug, one, disease, disease)
        for one in range(1, FAMILIES + 1)
        for drug in (one, 50 + one)
        for disease in (one, 50 + one)
    ]
    (folder / "indication_paths.yaml").write_text(yaml.safe_dump(stated, sort_keys=False))
    found = load_settings(home=folder / "home", graph=str(folder / "graph"))
    with open_store(found.graph_url, found, read_only=False) as store:
        load_graph(store, ["drugmechdb"], data_dir=folder, work_dir=folder / "work")
    return found


@pytest.fixture(scope="module")
def built(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BuildReport]:
    out = tmp_path_factory.mktemp("built") / "set"
    return out, build(settings, out, OPTIONS)


@pytest.fixture(scope="module")
def questions(built: tuple[Path, BuildReport]) -> dict[str, dict[str, list[Question]]]:
    opened = DataSet(built[0])
    return {
        config: {split: list(opened.questions(config, split)) for split in SPLITS}
        for config in opened.configs
    }


def every(questions: dict[str, dict[str, list[Question]]]) -> list[Question]:
    return [one for splits in questions.values() for part in splits.values() for one in part]


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_each_treatment_is_asked_with_as_many_wrong_answers_as_wanted(
    built: tuple[Path, BuildReport], questions: dict[str, dict[str, list[Question]]]
) -> None:
    assert set(questions) == {"pair", "unseen_disease", "unseen_drug"}
    assert sum(built[1].rows["pair"].values()) + built[1].repeated["pair"] == 4 * FAMILIES
    for one in every(questions):
        assert len(one.candidates) == 3
        kinds = sorted(negative.kind for negative in one.negatives)
        assert kinds == ["degree-matched", "hard"]
        family = int(one.disease.id[-2:]) % 50
        for negative in one.negatives:  # the family's other drug treats the disease as well
            assert int(negative.id[-2:]) % 50 != family


def test_no_evidence_tells_the_answer(questions: dict[str, dict[str, list[Question]]]) -> None:
    for one in every(questions):
        [right] = one.answers
        asked = (right, one.disease.id)
        for part in one.evidence:
            for path in part.paths:
                for place, step in enumerate(path.steps):
                    ends = path.nodes[place].id, path.nodes[place + 1].id
                    assert (ends if step.forward else ends[::-1]) != asked or step.relation != "TREATS"


def test_what_others_know_of_a_right_answer_is_shown(questions: dict[str, dict[str, list[Question]]]) -> None:
    """The family's other drug has the same mechanism, and the drug its own for another disease."""
    train = questions["pair"]["train"]
    with_paths = [one for one in train if one.paths(one.answers[0])]
    assert len(with_paths) > len(train) / 2
    assert not [one for one in train for wrong in one.negatives if one.paths(wrong.id)]


def test_what_is_asked_later_is_shown_nowhere(questions: dict[str, dict[str, list[Question]]]) -> None:
    for splits in questions.values():
        asked = {
            (one.answers[0], one.disease.id) for split in ("validation", "test") for one in splits[split]
        }
        shown = {
            (path.nodes[place].id, path.nodes[place + 1].id)
            for part in splits.values()
            for one in part
            for evidence in one.evidence
            for path in evidence.paths
            for place, step in enumerate(path.steps)
            if step.relation == "TREATS" and step.forward
        }
        assert asked
        assert not asked & shown


def test_splits_part_what_they_say(questions: dict[str, dict[str, list[Question]]]) -> None:
    def split_of(config: str, key: Any) -> dict[str, set[str]]:
        where: dict[str, set[str]] = {}
        for split, part in questions[config].items():
            for one in part:
                for name in key(one):
                    where.setdefault(name, set()).add(split)
        return where

    for config, key in (
        ("pair", lambda one: [f"{one.answers[0]} {one.disease.id}"]),
        ("unseen_disease", lambda one: [one.disease.id]),
        ("unseen_drug", lambda one: [candidate.id for candidate in one.candidates]),
    ):
        where = split_of(config, key)
        assert all(len(splits) == 1 for splits in where.values())
        assert {split for splits in where.values() for split in splits} >= {"train", "test"}


def test_curated_rationales_hold_and_cite_what_is_there(
    questions: dict[str, dict[str, list[Question]]],
) -> None:
    told = [one for one in every(questions) if one.reference]
    assert len(told) > FAMILIES
    for one in told:
        assert one.reference is not None
        paths = {path.id: path for path in (*one.paths(one.answers[0]), *one.reference.evidence)}
        items = [path.evidence() for path in paths.values()]
        name = next(candidate.name for candidate in one.candidates if candidate.id == one.answers[0])
        drug = Entity(id=one.answers[0], kind="Drug", name=name)
        disease = Entity(id=one.disease.id, kind="Disease", name=one.disease.name)
        supports = [item for item in items if item.stance == "supports"]
        adverse = [item for item in items if item.stance == "adverse"]
        claims = check(one.reference.rationale, drug, disease, supports, adverse).claims
        assert claims
        assert all(claim.status == "holds" for claim in claims), one.reference.rationale


def test_the_same_again_on_two_processes(
    built: tuple[Path, BuildReport], settings: Settings, tmp_path: Path
) -> None:
    out = tmp_path / "again"
    build(settings, out, OPTIONS, jobs=2)
    assert content(out) == content(built[0])


def test_another_seed_asks_otherwise(
    built: tuple[Path, BuildReport], settings: Settings, tmp_path: Path
) -> None:
    out = tmp_path / "other"
    build(settings, out, Options(recipe=CandidateMix(3, 0, 1), seed=4, questions=6))
    assert content(out)["pair/train.jsonl"] != content(built[0])["pair/train.jsonl"]
    assert sum(DataSet(out).rows("pair", split) for split in SPLITS) <= 6


def test_a_stopped_build_goes_on(built: tuple[Path, BuildReport], settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "stopped"

    def stop(stage: str, done: int, total: int | None) -> None:
        if stage.startswith("Collecting") and done >= 16:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(settings, out, OPTIONS, progress=stop)
    journal = out / ".building" / "pairs.jsonl"
    assert journal.read_bytes().count(b"\n") == 17
    journal.write_bytes(journal.read_bytes()[:-20])  # and the disk lost the end
    begun: list[int] = []
    build(
        settings,
        out,
        OPTIONS,
        progress=lambda stage, done, _: begun.append(done) if "pair" in stage else None,
    )
    assert begun[0] > 16
    assert content(out) == content(built[0])


def test_hugging_face_opens_it_unchanged(built: tuple[Path, BuildReport], tmp_path: Path) -> None:
    script = (
        "import sys, json; from datasets import load_dataset\n"
        "found = load_dataset(sys.argv[1], 'unseen_drug', cache_dir=sys.argv[2])\n"
        "print(json.dumps({split: len(rows) for split, rows in found.items()}))\n"
        "print(json.dumps(found['train'][0]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(built[0]), str(tmp_path)],
        env={"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "PATH": "", "HOME": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "card" not in done.stderr  # what of the data card it can't read
    rows, first = (json.loads(line) for line in done.stdout.splitlines())
    assert rows == built[1].rows["unseen_drug"]
    assert Question.model_validate(first) == next(DataSet(built[0]).questions("unseen_drug", "train"))


def test_stats_describe_it(built: tuple[Path, BuildReport]) -> None:
    done = CliRunner().invoke(commands, ["stats", str(built[0]), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["configs"]["pair"]["splits"]["train"]["questions"] == built[1].rows["pair"]["train"]
    hard = next(one for one in told["configs"]["pair"]["popularity"] if one["against"] == "hard")
    assert hard["chance"] == pytest.approx(1 / 2, abs=1e-3)
    assert sum(sum(part.values()) for part in told["leaks"].values()) == 0
    plain = CliRunner().invoke(commands, ["stats", str(built[0])])
    assert "most treatments" in plain.output


def test_a_teacher_is_asked_once_and_checked(settings: Settings, tmp_path: Path) -> None:
    shared = Options(recipe=CandidateMix(3, 0, 1), curated=False, seed=3, questions=12)
    answers = iter([AIMessage("It cures everything [P1].")] * 100)
    model = LangChainModel(GenericFakeChatModel(messages=answers), name="double")
    teacher = Teacher(model, tmp_path / "cache", 3)
    report = build(settings, tmp_path / "one", shared, teacher=teacher)
    assert report.teacher["written"] == 0
    assert report.teacher["refused"] > 0
    assert report.referenced == dict.fromkeys(report.referenced, 0)
    silent = LangChainModel(GenericFakeChatModel(messages=iter([])), name="double")
    again = build(settings, tmp_path / "two", shared, teacher=Teacher(silent, tmp_path / "cache", 3))
    assert again.teacher["asked"] == 0
    assert again.teacher["refused"] == report.teacher["refused"]


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        (Options(sources=("nowhere",)), NotFoundError, "of drugmechdb"),
        (Options(recipe=CandidateMix(60, 0, 0)), EmptyGraphError, "40 drugs with links"),
    ],
)
def test_what_cannot_be_built_is_told(
    settings: Settings, tmp_path: Path, options: Options, error: type[KedrecError], said: str
) -> None:
    with pytest.raises(error, match=said):
        build(settings, tmp_path / "out", options)


def test_a_folder_in_use_is_left_alone(
    built: tuple[Path, BuildReport], settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="already holds a data set"):
        build(settings, built[0], OPTIONS)
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(UsageError, match=r"thesis\.tex"):
        build(settings, tmp_path, OPTIONS)
    with BuildFolder(tmp_path / "new").locked(), pytest.raises(StoreBusyError):
        build(settings, tmp_path / "new", OPTIONS)
    shutil.copytree(built[0], tmp_path / "copy")
    with BuildFolder(tmp_path / "copy").locked(again=True) as place:
        place.remove_note()
    with pytest.raises(NotFoundError, match="no data set"):
        DataSet(tmp_path / "copy")
