"""What the commands around the ranking print: the other direction, comparison, all pairs, the fit."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from kedrec.types import Answer, Comparison, DiseaseAnswer, Recommendation


def test_a_drug_alone_ranks_the_diseases_it_could_treat(shell):
    done = shell("kedrec", "ask", "--drug", "propranolol", "--top", "3", "--no-llm", "--json")
    assert done.code == 0, done.err
    answer = DiseaseAnswer.model_validate_json(done.out)
    assert answer.asked == "drug"
    assert len({one.disease.id for one in answer}) == 3
    printed = shell("kedrec", "ask", "--drug", "propranolol", "--top", "3", "--no-llm")
    assert "diseases ranked" in printed.out
    for one in answer:
        assert one.drug.name == "propranolol"
        assert re.search(rf"^ ?\d+  {re.escape(one.disease.name)}", printed.out, re.MULTILINE)


def test_new_leaves_known_diseases_out(shell):
    done = shell("kedrec", "ask", "--drug", "propranolol", "--new", "--no-llm", "--json")
    assert all(one.badge.standing != "known" for one in DiseaseAnswer.model_validate_json(done.out))


def test_a_contraindicated_drug_is_told_of_in_print_and_can_be_hidden(shell):
    words = ("kedrec", "ask", "--disease", "asthma", "--drug", "propranolol", "--no-llm")
    shown = shell(*words)
    assert re.search(r"propranolol .* contraindicated", shown.out)
    assert "It is contraindicated: see A1." in " ".join(shown.out.split())
    assert "Against" in shown.out
    hidden = shell(*words, "--hide-contraindicated", "--json")
    answer = Answer.model_validate_json(hidden.out)
    assert (len(answer), answer.hidden) == (0, 1)
    assert "hidden" in shell(*words, "--hide-contraindicated").out


def test_explain_draws_bars_that_add_up_in_plain_characters(shell):
    done = shell("kedrec", "explain", "--drug", "imatinib", "--disease", "CML")
    assert "\x1b" not in done.out
    section = done.out.partition("What made the score (log-odds)")[2].partition("    Paths")[0]
    rows = re.findall(r"^ +([+-]\d+\.\d{3}) .*$", section, re.MULTILINE)
    *parts, score = [float(value) for value in rows]
    assert len(parts) > 1
    assert sum(parts) == pytest.approx(score, abs=0.001 * len(parts))
    assert re.search(r"\+\+\+", section)
    found = Recommendation.model_validate_json(
        shell("kedrec", "explain", "--drug", "imatinib", "--disease", "CML", "--json").out
    )
    total = found.base + sum(part.contribution for part in found.score_parts)
    assert total == pytest.approx(found.score)


def test_two_drugs_stand_side_by_side(shell):
    words = ("kedrec", "compare", "--disease", "MS", "--drug", "natalizumab", "--drug", "golimumab")
    found = Comparison.model_validate_json(shell(*words, "--json").out)
    assert found.right.safety.contraindicated
    for side, other in ((0, found.left), (1, found.right)):
        assert sorted((*found.shared[side], *found.exclusive[side])) == sorted(e.id for e in other.evidence)
    printed = shell(*words)
    assert printed.code == 0, printed.err
    for text in ("natalizumab", "golimumab", "difference", "Paths that", "Against"):
        assert text in printed.out


def test_all_pairs_go_to_one_file_of_either_kind(shell, tmp_path):
    counted = shell("kedrec", "status", "--json").json["nodes"]
    for name in ("p.parquet", "p.tsv.gz"):
        done = shell("kedrec", "rank", "--all", "--out", tmp_path / name, "--json")
        assert done.code == 0, done.err
        assert done.json["rows"] == counted["Drug"] * counted["Disease"]
    table = pq.read_table(tmp_path / "p.parquet")
    lines = gzip.decompress((tmp_path / "p.tsv.gz").read_bytes()).decode().splitlines()
    assert table.num_rows == len(lines) - 1 == done.json["rows"]
    explained = shell("kedrec", "explain", "--drug", "imatinib", "--disease", "CML", "--json").json
    (row,) = [
        row
        for row in table.to_pylist()
        if (row["drug_id"], row["disease_id"]) == (explained["drug"]["id"], explained["disease"]["id"])
    ]
    assert row["probability"] == pytest.approx(explained["probability"])
    assert (row["known"], row["drug_name"]) == ("starter", "imatinib")


def test_the_diseases_of_a_file_are_scored_each_once(shell, tmp_path):
    (tmp_path / "d.txt").write_text("# mine\n\ngout\r\nCML\nDOID:13189\n")
    done = shell("kedrec", "rank", "--diseases", tmp_path / "d.txt", "--out", tmp_path / "d.parquet")
    assert done.code == 0, done.err
    assert "2 diseases" in done.out
    names = dict.fromkeys(pq.read_table(tmp_path / "d.parquet")["disease_name"].to_pylist())
    assert list(names) == ["gout", "chronic myeloid leukemia"]


def test_lines_that_name_no_disease_are_all_told_of_and_nothing_is_written(shell, tmp_path):
    (tmp_path / "d.txt").write_text("gout\nnosuch syndrome\nCML\nimatinib\n")
    done = shell("kedrec", "rank", "--diseases", tmp_path / "d.txt", "--out", tmp_path / "d.tsv.gz")
    assert done.code == 1
    assert "line 2:" in done.err
    assert "line 4:" in done.err
    assert "line 1:" not in done.err
    assert [file.name for file in tmp_path.iterdir()] == ["d.txt"]


def test_fit_says_what_was_fitted(shell):
    done = shell("kedrec", "rank", "fit")
    assert done.code == 0, done.err
    assert "fitted" in done.out
    assert shell("kedrec", "rank", "fit", "--json").json["ranking"] in " ".join(done.out.split())


def test_a_load_fits_unless_told_not_to(shell, tmp_path):
    for name, words in (("without", ("--no-fit",)), ("with", ())):
        home = tmp_path / name
        done = shell("kedrec-load", "graph", *words, "--graph", str(home / "graph"), KEDREC_HOME=str(home))
        assert done.code == 0, done.err
        assert bool(list((home / "cache").glob("ranking-*.bin"))) is (name == "with")
        assert ("Ranking fitted" in done.out) is (name == "with")


def test_two_processes_fit_at_once_and_both_answer_the_same(shell, tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KEDREC_", "NEO4J_"))}
    kept |= {"KEDREC_HOME": str(tmp_path), "KEDREC_GRAPH": str(shell.graph), "KEDREC_THREADS": "1"}
    words = [Path(sys.executable).parent / "kedrec", "ask", "--disease", "gout", "--no-llm", "--json"]
    both = [
        subprocess.Popen(words, env=kept, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert said[0][0] == said[1][0]
    files = [file.name for file in (tmp_path / "cache").iterdir() if file.name.startswith((".", "ranking"))]
    assert len(files) == 1, files


def test_a_damaged_cache_is_made_again(shell, tmp_path):
    words = ("kedrec", "ask", "--disease", "gout", "--no-llm", "--json")
    before = shell(*words)
    shutil.copytree(shell.home / "cache", tmp_path / "cache")
    for cached in (tmp_path / "cache").glob("ranking-*.bin"):
        whole = cached.read_bytes()
        cached.write_bytes(whole[:1000] + b"damage" + whole[1006:])
    after = shell(*words, KEDREC_HOME=str(tmp_path))
    assert after.code == 0, after.err
    assert after.out == before.out
