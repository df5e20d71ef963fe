"""An answer saved in every format, and made again from its zip file, by the commands and the real model."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from kedrec.sharing.archive import read_saved
from kedrec.sharing.saving import SUFFIXES
from kedrec.types import Answer

ASK = ("kedrec", "ask", "--disease", "chronic myeloid leukaemia", "--top", "2", "--brief")


@pytest.fixture(scope="module")
def saved(shell, tmp_path_factory) -> Path:
    """A folder with an answer in every format."""
    folder = tmp_path_factory.mktemp("saved")
    words = [word for suffix in SUFFIXES for word in ("--save", folder / f"answer{suffix}")]
    done = shell(*ASK, *words)
    assert done.code == 0, done.err
    assert all(f"saved: {folder / f'answer{suffix}'}" in done.err for suffix in SUFFIXES)
    assert "imatinib" in done.out
    return folder


def altered(source: Path, target: Path, **members: bytes) -> Path:
    """The zip file with other content in some members, which are named by their stem."""
    with zipfile.ZipFile(source) as file, zipfile.ZipFile(target, "w") as new:
        for name in file.namelist():
            new.writestr(name, members.get(name.partition(".")[0], file.read(name)))
    return target


def edited(source: Path, target: Path, old: str, new: str, member: str = "answer") -> Path:
    with zipfile.ZipFile(source) as file:
        text = file.read(f"{member}.json").decode()
    assert old in text
    return altered(source, target, **{member: text.replace(old, new, 1).encode()})


def test_every_format_has_the_answer(saved):
    answer = Answer.model_validate_json((saved / "answer.json").read_bytes())
    assert answer == read_saved(saved / "answer.zip").answer
    html, tsv = ((saved / f"answer{suffix}").read_text(encoding="utf-8") for suffix in (".html", ".tsv"))
    for one in answer:
        assert one.drug.name in html
        assert one.drug.id in tsv
        assert all(claim.text.rstrip(".") in html for claim in one.rationale.claims)
    references = {r for one in answer for e in one.evidence for s in e.path.steps for g in s.edges
                  for r in g.references}  # fmt: skip
    assert references
    for suffix in (".bib", ".ris"):
        text = (saved / f"answer{suffix}").read_text(encoding="utf-8")
        assert all(reference in text for reference in references)


def test_what_is_shared_does_not_say_where_its_graph_lies(saved, shell):
    for suffix in (".html", ".json"):
        assert str(shell.graph.parent) not in (saved / f"answer{suffix}").read_text(encoding="utf-8")
    with zipfile.ZipFile(saved / "answer.zip") as file:
        assert not [name for name in file.namelist() if str(shell.graph.parent).encode() in file.read(name)]


def test_an_answer_made_again_is_the_same(saved, shell):
    done = shell("kedrec", "replay", saved / "answer.zip")
    assert done.code == 0, done.out + done.err
    assert done.out == "The answer is the same: 2 recommendations, each sentence and figure.\n"


def test_a_changed_sentence_and_figure_are_shown_with_what_they_were(saved, shell, tmp_path):
    """The scores: one differs by less than a millionth, as on another processor, one by more."""
    first, second = read_saved(saved / "answer.zip").answer
    text = first.rationale.claims[0].text
    file = edited(saved / "answer.zip", tmp_path / "a.zip", text, f"Surely {text}")
    for score, factor in ((first.score, 1 + 1e-9), (second.score, 1.001)):
        file = edited(file, tmp_path / f"{factor}.zip", f'"score": {score}', f'"score": {score * factor}')
    done = shell("kedrec", "replay", file, "--json")
    assert done.code == 1
    result = done.json
    assert (result["same"], result["count"], result["made_from"]) == (False, 2, [])
    sentence, figure = result["differences"]
    assert sentence == {
        "path": "recommendations.0.rationale.claims.0.text",
        "saved": f"Surely {text}",
        "now": text,
    }
    assert figure["path"] == "recommendations.1.score"


def test_another_graph_and_version_are_refused_unless_told(saved, shell, tmp_path):
    file = edited(saved / "answer.zip", tmp_path / "a.zip", '"fingerprint": "', '"fingerprint": "0')
    file = edited(file, tmp_path / "b.zip", '"kedrec": "', '"kedrec": "99.', "question")
    done = shell("kedrec", "replay", file)
    assert done.code == 1
    for words in ("from the graph 0", "by KEDRec 99.", "--anyway"):
        assert words in done.err
    done = shell("kedrec", "replay", file, "--anyway")
    assert done.code == 1
    assert "Made from: fingerprint: was 0" in done.out
    assert "only what it was made from differs" in done.out


def test_a_gene_list_is_saved_with_its_answer(shell, tmp_path):
    genes = tmp_path / "my genes.txt"
    genes.write_text("TNF\t2\nIL6\t-1\nnothing at all\n")
    file = tmp_path / "genes.zip"
    done = shell("kedrec", "ask", "--genes", genes, "--no-llm", "--top", "2", "--save", file)
    assert done.code == 0, done.err
    assert "has your gene list" in done.err
    genes.unlink()
    done = shell("kedrec", "replay", file)
    assert done.code == 0, done.out + done.err


def test_the_diseases_of_a_drug_are_saved_and_made_again(shell, tmp_path):
    file = tmp_path / "drug.zip"
    done = shell("kedrec", "ask", "--drug", "fingolimod", "--no-llm", "--top", "2", "--save", file)
    assert done.code == 0, done.err
    assert shell("kedrec", "replay", file).code == 0


def test_what_cant_be_saved_is_said_before_the_graph_is_asked(shell, saved, tmp_path):
    for target, says in (
        (tmp_path / "answer.docx", "ends in .html, .zip, .json, .tsv, .bib or .ris"),
        (tmp_path / "no" / "answer.html", "There is no folder"),
        (saved / "answer.html", "is there already"),
    ):
        done = shell("kedrec", "ask", "--disease", "no such disease", "--save", target)
        assert done.code == 2
        assert says in done.err
    assert not list(tmp_path.iterdir())
