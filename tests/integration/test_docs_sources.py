"""The truth of docs/sources.md: its table is that of loaders/, and the source it adds can be added."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from loaded import Loaded, small_graph

from kedrec.common import assets
from kedrec.loading import sources

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
ROWS = """ENSP00000003084\tCFTR\tDOID:1485\tCystic fibrosis\t9.1\t4.5\thttps://example.org/1
ENSP00000275493\tEGFR\tDOID:3908\tLung non-small cell carcinoma\t8.2\t4.1\thttps://example.org/2
ENSP00000275493\tERBB1\tDOID:1485\tCystic fibrosis\t3.0\t1.5\thttps://example.org/3
ENSP00000999999\tNOSUCH1\tDOID:1485\tCystic fibrosis\t3.0\t1.5\thttps://example.org/4
"""
HETIONET = {
    "hetionet-v1.0-nodes.tsv": "id\tname\tkind\nGene::1080\tCFTR\tGene\nGene::1956\tEGFR\tGene\n"
    "Disease::DOID:1485\tcystic fibrosis\tDisease\nDisease::DOID:3908\tlung cancer\tDisease\n",
    "hetionet-v1.0-edges.sif": "source\tmetaedge\ttarget\n",
    "attributes/genes.tsv": "GeneID\tSynonyms\tdescription\n1956\tERBB1|HER1\t-\n",
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The declarations with the page's source among them."""
    root = tmp_path / "assets"
    shutil.copytree(ROOT / "loaders", root / "loaders")
    for name in ("graph", "cypher"):
        (root / name).symlink_to(ROOT / name)
    [declaration], [mapping] = blocks("yaml"), blocks("sql")
    name = yaml.safe_load(declaration)["name"]
    (root / "loaders" / f"{name}.yaml").write_text(declaration, encoding="utf-8")
    (root / "loaders" / f"{name}.sql").write_text(mapping, encoding="utf-8")
    monkeypatch.setattr(assets, "_root", lambda: root)
    sources._declared.cache_clear()
    yield root
    sources._declared.cache_clear()


def test_the_table_of_sources_is_up_to_date() -> None:
    done = subprocess.run([sys.executable, str(ROOT / "scripts" / "source_table.py"), "--check"], check=False)
    assert done.returncode == 0


def test_the_source_that_the_page_adds_loads(added: Path, tmp_path: Path) -> None:
    with small_graph(tmp_path) as graph:
        check_added(graph)


def check_added(graph: Loaded) -> None:
    graph.load("hetionet", HETIONET)
    [report] = graph.load("diseases-textmining", {"human_disease_textmining_filtered.tsv": ROWS}).sources
    found = [
        (row["start"], row["end"], row["score"], row["evidence"]) for row in graph.edges("ASSOCIATED_WITH")
    ]
    assert found == [
        ("DOID:1485", "NCBIGene:1080", 4.5, "text mining, z-score 9.1"),
        ("DOID:1485", "NCBIGene:1956", 1.5, "text mining, z-score 3.0"),
        ("DOID:3908", "NCBIGene:1956", 4.1, "text mining, z-score 8.2"),
    ]
    assert report.reasons == {"name that no node has": 1}
    graph.again("diseases-textmining")
