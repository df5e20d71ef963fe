"""Output of the commands around the ranking: the other direction, comparison, all pairs, the fit."""

from __future__ import annotations

import gzip
import re
from concurrent.futures import ThreadPoolExecutor

import pyarrow.parquet as pq
import pytest
from conftest import Shell

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
        standing = "known" if one.badge.standing == "known" else r" ?\d+"
        assert re.search(rf"^{standing}  {re.escape(one.disease.name)}", printed.out, re.MULTILINE)


def test_new_leaves_known_diseases_out(shell):
    done = shell("kedrec", "ask", "--drug", "propranolol", "--new", "--no-llm", "--json")
    assert all(one.badge.standing != "known" for one in DiseaseAnswer.model_validate_json(done.out))


def test_a_contraindicated_drug_is_told_of_in_print_and_can_be_hidden(shell):
    words = ("kedrec", "ask", "--disease", "asthma", "--drug", "propranolol", "--no-llm")
    shown = shell(*words)
    assert re.search(r"propranolol .* contraindicated", shown.out)
    assert "is contraindicated in asthma: see A1." in " ".join(shown.out.split())
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


@pytest.fixture
def small(shell, tables, tmp_path):
    """A home with that graph, not fitted."""
    made = Shell(tmp_path / "home", tmp_path / "home" / "graph")
    done = made("kedrec-load", "graph", "kedrec", "--from", tables, "--no-fit")
    assert done.code == 0, done.err
    assert not fitted(made)
    return made


def fitted(shell):
    return list((shell.home / "cache").glob("ranking-*.bin"))


def test_a_load_fits_unless_told_not_to(small, tables):
    done = small("kedrec-load", "graph", "kedrec", "--from", tables)
    assert done.code == 0, done.err
    assert fitted(small)
    assert "Ranking fitted" in done.out


WORDS = ("kedrec", "ask", "--disease", "disease 7", "--no-llm", "--json")


def test_two_processes_fit_at_once_and_both_answer_the_same(small):
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda _: small(*WORDS), range(2)))
    assert [one.code for one in said] == [0, 0], said
    assert Answer.model_validate_json(said[0].out).disease.name == "disease 7"
    assert said[0].out == said[1].out
    files = [file.name for file in (small.home / "cache").iterdir()]
    assert len([name for name in files if name.startswith((".", "ranking"))]) == 1, files


def test_a_damaged_cache_is_made_again(small):
    before = small(*WORDS)
    (cached,) = fitted(small)
    whole = cached.read_bytes()
    cached.write_bytes(whole[:1000] + b"damage" + whole[1006:])
    after = small(*WORDS)
    assert after.code == 0, after.err
    assert after.out == before.out
    assert cached.read_bytes() == whole
