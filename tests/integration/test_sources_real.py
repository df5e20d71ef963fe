"""Real rows of public sources, where a folder of them lies beside the checkout."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

from loaded import small_graph

from kedrec.common.assets import asset_text

REAL = Path(__file__).resolve().parents[3] / "shared" / "data"
DRKG, TRIALS = REAL / "drkg-sample", REAL / "text" / "clinicaltrials-gov"

if DRKG.is_dir():

    def test_every_row_of_drkgs_sample_loads(tmp_path: Path) -> None:
        shutil.copytree(DRKG, tmp_path / "data" / "drkg")
        with small_graph(tmp_path) as graph:
            [report] = graph.load("drkg").sources
            rows = len((DRKG / "slim_CtD.tsv").read_text(encoding="utf-8").splitlines())
            for name in ("CtargetG", "CtreatD_mesh"):
                packed = DRKG / f"drugbank_triplets_{name}.tsv.gz"
                rows += len(gzip.decompress(packed.read_bytes()).splitlines()) - 1
            assert report.edges.read == rows
            # Disease::MESH:C and Disease::MESH:191900 are no MeSH ids.
            assert report.reasons == {"not an id (PREFIX:LOCAL)": 2, "unknown id": 2}
            graph.again("drkg")

    def test_every_relation_of_the_slim_drkg_has_a_place_or_a_reason() -> None:
        mapping = asset_text("loaders/drkg.sql")
        for line in (DRKG / "relations.tsv").read_text(encoding="utf-8").splitlines():
            relation = line.split("\t")[1]
            word = relation.rpartition("::")[0] if "::" in relation else f"Hetionet::{relation}"
            assert f"('{word}'," in mapping, relation


if TRIALS.is_dir():

    def test_every_real_study_becomes_a_trial(tmp_path: Path) -> None:
        shutil.copytree(TRIALS, tmp_path / "data" / "clinicaltrials")
        with small_graph(tmp_path) as graph:
            [report] = graph.load("clinicaltrials").sources
            lines = gzip.decompress((TRIALS / "records.jsonl.gz").read_bytes()).splitlines()
            assert report.nodes.read == len(lines) + len([*(TRIALS / "raw").iterdir()])
            assert report.nodes.rejected == 0
            assert len(graph.nodes("Trial")) == report.nodes.loaded
