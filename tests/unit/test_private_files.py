"""Files for their owner alone, whatever the umask: the graph's folder, a load's work, rejected rows."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from kedrec.common.array_file import write_arrays
from kedrec.common.checked_files import replacement_file
from kedrec.common.private_files import make_private, private_folder, write_private
from kedrec.documents.polite_http import PageFolder
from kedrec.loading import load_graph
from kedrec.naming import NameIndex
from kedrec.settings import load_settings
from kedrec.stores import open_store

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no modes there")

NODES = "kind\tid\tname\nDrug\tDRUGBANK:DB00001\talphadrug\nGene\tNCBIGene:1\tGENE1\nNothing\tx:1\tx\n"
EDGES = "relation\tstart\tend\tlicence\nBINDS\tDRUGBANK:DB00001\tNCBIGene:1\tCC0-1.0\n"


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    """The umask that lets everybody read and write."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_missing_folders_are_made_for_the_owner_and_others_left(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    private_folder(tmp_path / "open" / "a" / "b")
    assert [mode(tmp_path / one) for one in ("open", "open/a", "open/a/b")] == [0o755, 0o700, 0o700]
    private_folder(tmp_path / "open")
    assert mode(tmp_path / "open") == 0o755
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="exist"):
        private_folder(tmp_path / "file")


def test_a_file_is_private_before_anything_is_in_it(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("what others could read")
    there.chmod(0o666)
    write_private(there, b"secret")
    assert (mode(there), there.read_bytes()) == (0o600, b"secret")
    make_private(tmp_path / "new")
    assert (mode(tmp_path / "new"), (tmp_path / "new").read_bytes()) == (0o600, b"")


def _write_model(home: Path) -> None:
    with replacement_file(home / "models" / "model.gguf") as part:
        part.write_bytes(b"GGUF")


def _write_names(home: Path) -> None:
    graph = home.parent / "elsewhere"
    load(graph, home.parent)
    with open_store(str(graph), load_settings(home=home)) as store:
        NameIndex.open(store, home / "cache")


@pytest.mark.parametrize(
    "write",
    [
        _write_model,
        _write_names,
        lambda home: write_arrays(home / "cache" / "ranking.kedrec", {"a": np.zeros(3)}, {}),
        lambda home: PageFolder(home / "cache", "trials", {"query": "gout"}).put(0, b"{}", ".json", {}),
    ],
    ids=["model", "names", "ranking", "pages"],
)
def test_the_home_is_its_owners_whoever_makes_it(write: Callable[[Path], None], tmp_path: Path) -> None:
    write(tmp_path / "new home")
    assert mode(tmp_path / "new home") == 0o700


def load(graph: Path, folder: Path) -> None:
    files = folder / "files"
    files.mkdir(exist_ok=True)
    (files / "nodes.tsv").write_text(NODES)
    (files / "edges.tsv").write_text(EDGES)
    settings = load_settings(home=folder / "home")
    with open_store(str(graph), settings, read_only=False) as store:
        load_graph(store, ["kedrec"], data_dir=files, work_dir=folder / "work", keep_staged=True)


def test_a_graph_and_what_a_load_leaves_are_the_owners(tmp_path: Path) -> None:
    load(tmp_path / "deep" / "graph", tmp_path)
    assert "Nothing" in (tmp_path / "work" / "rejects.tsv").read_text()
    for folder in ("deep", "deep/graph", "work", "work/kedrec"):
        assert mode(tmp_path / folder) == 0o700, folder
    files = [*(tmp_path / "deep" / "graph").iterdir(), tmp_path / "work" / "rejects.tsv"]
    assert {file.name: mode(file) for file in files} == dict.fromkeys(
        ("graph.lbug", "graph.lock", "rejects.tsv"), 0o600
    )


def test_a_graph_that_its_owner_opened_stays_open(tmp_path: Path) -> None:
    load(tmp_path / "graph", tmp_path)
    (tmp_path / "graph").chmod(0o750)
    (tmp_path / "graph" / "graph.lbug").chmod(0o640)
    load(tmp_path / "graph", tmp_path)  # again changes nothing, and publishes all the same
    assert mode(tmp_path / "graph") == 0o750
    assert mode(tmp_path / "graph" / "graph.lbug") == 0o640
