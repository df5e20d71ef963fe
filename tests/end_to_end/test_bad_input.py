"""Each wrong input gives a clear message and its exit code, and what is stored stays as it was."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bad_inputs import CASES, Case

from kedrec.settings import load_settings
from kedrec.stores import open_store


def _fingerprint(shell, graph):
    with open_store(str(graph), load_settings(home=shell.home)) as store:
        return store.fingerprint()


@pytest.fixture
def graph(shell, tmp_path):
    """A copy of the built-in graph that a case may write to."""
    return shutil.copytree(shell.graph, tmp_path / "graph")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_a_wrong_input_is_told_and_loses_nothing(shell, graph, tmp_path, case: Case):
    work = tmp_path / "work"
    work.mkdir()
    if case.prepare:
        case.prepare(work)
    if case.first:
        first = [word.replace("{work}", str(work)) for word in case.first]
        assert shell(*first, KEDREC_GRAPH=str(graph)).code == 0
    before = _fingerprint(shell, graph)
    words = [word.replace("{work}", str(work)) for word in case.words]
    environment = {name: value.replace("{work}", str(work)) for name, value in case.environment}
    done = shell(*words, **{"KEDREC_GRAPH": str(graph), **environment})
    said = done.out + done.err
    assert done.code == case.code, said
    assert case.says in said
    assert "Unexpected error" not in said  # the words for a defect
    if case.code:
        assert _fingerprint(shell, graph) == before


def test_a_damaged_default_model_is_recognised_and_pulled_again(shell, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(shell.home / "models", home / "models")
    (base,) = (home / "models").glob("*.gguf")
    with base.open("r+b") as file:
        file.truncate(1_000_000)
    shutil.rmtree(home / "models" / "merged", ignore_errors=True)
    done = shell("kedrec", "ask", "--disease", "gout", "--top", "1", KEDREC_HOME=str(home))
    assert done.code == 1
    assert "damaged" in done.err
    assert "kedrec model pull" in done.err


def test_a_full_disk_keeps_the_graph_as_it_was(shell, graph, tmp_path):
    """A limit on the size of files stands for the disk: writes fail in the middle of a load."""
    before = _fingerprint(shell, graph)
    (tmp_path / "mine").mkdir()
    rows = "".join(f"Gene\tNCBIGene:{900000000 + n}\tgene number {n}\n" for n in range(200_000))
    (tmp_path / "mine" / "nodes.tsv").write_text("kind\tid\tname\n" + rows)
    (tmp_path / "mine" / "edges.tsv").write_text("relation\tstart\tend\tlicence\n")
    size = max(file.stat().st_size for file in graph.iterdir()) + 500_000

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    done = subprocess.run(
        [
            Path(sys.executable).with_name("kedrec-load"),
            "graph",
            "kedrec",
            "--from",
            tmp_path / "mine",
            "--graph",
            graph,
        ],
        # A module's compiled file would be cut off at the limit, for every later process.
        env={"KEDREC_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        preexec_fn=limit,  # no threads here
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "Unexpected error" not in done.stderr, done.stderr
    assert _fingerprint(shell, graph) == before


@pytest.mark.neo4j
@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"NEO4J_PASSWORD": "wrong"}, "password"),
        ({"NEO4J_DATABASE": "nosuch"}, "nosuch"),
    ],
)
def test_a_wrong_password_or_database_is_told(shell, neo4j_server, environment, says):
    given = {
        "KEDREC_GRAPH": neo4j_server.uri,
        "NEO4J_USERNAME": neo4j_server.username,
        "NEO4J_PASSWORD": neo4j_server.password,
    }
    done = shell("kedrec", "status", **(given | environment))
    assert done.code == 1
    assert says in done.err.lower()
    assert neo4j_server.password not in done.err


def test_errors_are_json_where_json_was_asked_for(shell):
    import json

    done = shell("kedrec", "ask", "--no-llm", "--disease", "multiple sclerosiss", "--json")
    problem = json.loads(done.err)
    assert problem["status"] == 404
    assert problem["candidates"][0]["entity"]["name"] == "multiple sclerosis"
