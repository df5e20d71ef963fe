"""Names over the built-in graph in the embedded database, and `kedrec search` as a user runs it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kedrec.cli import main
from kedrec.errors import UnknownNameError
from kedrec.loading import load_graph
from kedrec.naming import NameIndex
from kedrec.settings import Settings, load_settings
from kedrec.stores import open_store


@pytest.fixture(scope="module")
def settings(built_starter: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(built_starter / "graph", home / "graph")
    return load_settings(home=home, graph=str(home / "graph"))


@pytest.fixture(scope="module")
def index(settings: Settings) -> Iterator[NameIndex]:
    with open_store(settings.graph_url, settings) as store:
        opened = NameIndex.open(store, settings.cache_dir)
        yield opened
        opened.close()


def test_every_name_id_and_cross_reference_finds_its_entity(settings: Settings, index: NameIndex) -> None:
    """Each node is found by its id; by its name it is found or is one of the candidates."""
    with open_store(settings.graph_url, settings) as store:
        for kind in ("Drug", "Disease", "Gene"):
            table = store.nodes(kind, ["id", "name", "synonyms"]).to_pydict()
            names = table["name"]
            for id_, name, synonyms in zip(table["id"], names, table["synonyms"], strict=True):
                assert index.resolve(id_, kind).id == id_
                assert index.entity(id_, kind).name == name
                if names.count(name) == 1:
                    assert index.resolve(name, kind).id == id_
                for synonym in synonyms:
                    assert id_ in {match.entity.id for match in index.search(synonym, [kind], 20)}


def test_it_opens_fast_and_looks_up_faster(settings: Settings) -> None:
    with open_store(settings.graph_url, settings) as store:
        NameIndex.open(store, settings.cache_dir).close()
        began = time.perf_counter()
        index = NameIndex.open(store, settings.cache_dir)
        index.resolve("multiple sclerosis", "Disease")
        took = time.perf_counter() - began
        index.close()
    assert took < 0.5  # some milliseconds; the rest is for a busy machine


def test_a_load_that_changes_names_alone_is_noticed(tmp_path: Path) -> None:
    made = load_settings(home=tmp_path, graph=str(tmp_path / "graph"))
    tables = tmp_path / "kedrec"
    tables.mkdir()
    for name in ("first name", "second name"):
        (tables / "nodes.tsv").write_text(f"kind\tid\tname\nDisease\tDOID:1\t{name}\n", encoding="utf-8")
        with open_store(made.graph_url, made, read_only=False) as store:
            load_graph(store, ["kedrec"], data_dir=tmp_path, work_dir=tmp_path / "work")
        with open_store(made.graph_url, made) as store:
            index = NameIndex.open(store, made.cache_dir)
            assert index.resolve(name, "Disease").id == "DOID:1"
            index.close()


def run(settings: Settings, *words: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["search", *words, "--graph", settings.graph_url])
    return stopped.value.code if isinstance(stopped.value.code, int) else 1


@pytest.fixture
def home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("KEDREC_HOME", str(settings.home))
    return settings


def test_search_prints_a_table(home: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home, "Multiple Sclerosis", "--kind", "disease", "--limit", "3") == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].split() == ["Kind", "Id", "Name", "Why", "Score"]
    assert lines[1].split() == ["Disease", "DOID:2377", "multiple", "sclerosis", "case", "99"]
    assert len(lines) <= 4
    assert err == ""


def test_search_prints_json(home: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home, "MESH:D009103", "--json") == 0
    (match,) = json.loads(capsys.readouterr().out)
    assert match == {
        "entity": {"id": "DOID:2377", "kind": "Disease", "name": "multiple sclerosis"},
        "matched": "MESH:D009103",
        "why": "cross-reference",
        "score": 100.0,
    }


@pytest.mark.parametrize("text", ["multipel sclerosis", "sclerosis"])
def test_a_name_that_is_none_gives_the_nearest_and_fails(
    home: Settings, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    assert run(home, text) == 1
    out, err = capsys.readouterr()
    assert "multiple sclerosis" in out
    assert f"no entity named '{text}'" in err
    assert run(home, text, "--json") == 1
    out, err = capsys.readouterr()
    assert any(match["entity"]["id"] == "DOID:2377" for match in json.loads(out))
    assert json.loads(err)["type"] == "urn:kedrec:error:UnknownNameError"


def test_a_disease_asked_for_as_a_drug(home: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home, "multiple sclerosis", "--kind", "Drug") == 1
    out, err = capsys.readouterr()
    assert "DOID:2377" in out
    assert "'multiple sclerosis' is no drug: it is a disease." in err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([""], 2),
        (["a\0b"], 2),
        (["x" * 1_000_000], 2),
        (["aspirin", "--kind", "Potion"], 2),
        (["aspirin", "--limit", "0"], 2),
        (["aspirin", "--limit", "many"], 2),
        (['x"}) DETACH DELETE n //'], 1),
        (["[red]aspirin[/red]]"], 1),
    ],
)
def test_bad_input_is_refused_without_a_traceback(
    home: Settings, capsys: pytest.CaptureFixture[str], words: list[str], code: int
) -> None:
    assert run(home, *words) == code
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert 0 < len(err) < 600


def test_a_graph_that_is_not_there(
    home: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = home.model_copy(update={"graph": str(tmp_path / "nothing")})
    assert run(missing, "aspirin") == 1
    assert "kedrec-load graph" in capsys.readouterr().err


def test_a_text_of_a_name_is_never_run(index: NameIndex) -> None:
    with pytest.raises(UnknownNameError):
        index.resolve("' OR kind = 'Disease' --", "Disease")
