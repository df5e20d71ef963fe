"""All pairs on a real Ray, started on this machine: the same file as without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kedrec.errors import UsageError
from kedrec.ranking.export import score_tables_on_ray

SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from listed_graph import random_graph
from kedrec.ranking import Ranker
from kedrec.ranking.export import export_scores

folder = Path(sys.argv[1])
ranker = Ranker.open(random_graph(5), folder / "cache")
diseases = [one.decode() for one in ranker.adjacency.ids("Disease").tolist()] * 5
export_scores(folder / "here.tsv.gz", ranker, {}, diseases)
export_scores(folder / "ray.tsv.gz", ranker, {}, diseases, ray="local")
"""


def test_ray_makes_the_same_file(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra kedrec[ray] is not installed")
    units = Path(__file__).resolve().parents[1] / "unit"
    # a process of its own: Ray starts threads and servers that would outlive the test
    subprocess.run([sys.executable, "-c", SCRIPT, tmp_path, units], check=True, timeout=300)
    assert (tmp_path / "ray.tsv.gz").read_bytes() == (tmp_path / "here.tsv.gz").read_bytes()


def test_no_ray_at_an_address_is_told_at_once() -> None:
    pytest.importorskip("ray", reason="the extra kedrec[ray] is not installed")
    with pytest.raises(UsageError, match=r"no Ray cluster at '127\.0\.0\.1:9'"):
        next(score_tables_on_ray("127.0.0.1:9", None, {}, [[]]))  # type: ignore[arg-type]


def test_ray_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match="not installed"):
        next(score_tables_on_ray("local", None, {}, [[]]))  # type: ignore[arg-type]
