"""Relations added to the schema alone: a second one of a role counts like the first.

A copy of the checkout gets a further relation of each role below. Two graphs state the same facts: one with
the relations there were, one with every second edge (or all) in a further one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FURTHER = {
    "TREATS": "PRESCRIBED_FOR",
    "PALLIATES": "SOOTHES",
    "CONTRAINDICATED_FOR": "AVOIDED_IN",
    "BINDS": "MODULATES",
    "ASSOCIATED_WITH": "LINKED_WITH",
    "CAUSES": "REPORTED_WITH",
    "PRESENTS": "SHOWS",
    "IS_A": "SUBTYPE_OF",
}
_COUNTS = {"Drug": 14, "Disease": 8, "Gene": 10, "SideEffect": 8, "Symptom": 6}
_PREFIXES = {
    "Drug": "DRUGBANK:DB{:05}",
    "Disease": "DOID:{}",
    "Gene": "NCBIGene:{}",
    "SideEffect": "UMLS:C{:07}",
    "Symptom": "MESH:D{:06}",
}
_TABLES = {
    "TREATS": ("Drug", "Disease", 0.2),
    "PALLIATES": ("Drug", "Disease", 0.1),
    "CONTRAINDICATED_FOR": ("Drug", "Disease", 0.1),
    "BINDS": ("Drug", "Gene", 0.3),
    "ASSOCIATED_WITH": ("Disease", "Gene", 0.3),
    "CAUSES": ("Drug", "SideEffect", 0.3),
    "PRESENTS": ("Disease", "Symptom", 0.5),
}
_SCRIPT = """
import json
import sys
from pathlib import Path

import kedrec
from kedrec.dataset.treatments import read_treatments
from kedrec.evaluation.areas import areas_by_ancestor
from kedrec.loading import load_graph
from kedrec.ranking.adjacency import TREATS, Adjacency, read_adjacency
from kedrec.ranking.features import features_of
from kedrec.ranking.metapaths import metapath_text, metapaths, schema_tables
from kedrec.ranking.pair_similarity import PairSimilarity
from kedrec.ranking.stored_ranking import linked_tables
from kedrec.settings import load_settings
from kedrec.stores import open_store

tables, graph = Path(sys.argv[1]), sys.argv[2]
settings = load_settings(home="home", graph=graph)
with open_store(graph, settings, read_only=False) as store:
    [report] = load_graph(store, ["kedrec"], data_dir=tables, work_dir=Path("work")).sources
    arrays = read_adjacency(store, schema_tables())
    adjacency = Adjacency(arrays)
    treatments = read_treatments(store)
    links = linked_tables(adjacency)
    features = features_of(metapaths(links, 3), PairSimilarity.of(adjacency, links))
    result = {
        "rejected": report.edges.rejected,
        "treatments": arrays["all/" + "/".join(TREATS) + "/indices"].tolist(),
        "questions": sorted((t.drug, t.disease) for t in treatments.positives),
        "features": sorted({feature.label for feature in features}),
        "areas": areas_by_ancestor(adjacency),
    }
with kedrec.open(graph) as kr:
    pairs = [(drug, disease) for drug in adjacency.ids("Drug")[:8] for disease in adjacency.ids("Disease")]
    for drug, disease in pairs:
        pair = kr.explain(drug.decode(), disease.decode())
        effects = sorted((effect.effect.id, effect.drugs) for effect in pair.safety.specific)
        result[f"{drug.decode()} {disease.decode()}"] = [
            pair.badge.standing, bool(pair.known), pair.safety.contraindication, pair.safety.side_effects,
            effects,
            [w for w in pair.flags if "path" not in w], pair.coverage.disease_treatments,
        ]
print(json.dumps(result))
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package with the further relations in its schema, and templates for contraindications by them."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("kedrec", "graph", "cypher", "loaders"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    schema = copy / "graph" / "schema.yaml"
    text = schema.read_text(encoding="utf-8")
    relations, prefixes = text.split("\nprefixes:\n")
    for number, (first, further) in enumerate(FURTHER.items()):
        entry = text.split(f"\n  {first}:\n", 1)[1]
        role = entry.split("    role: ", 1)[1].split("\n", 1)[0]
        pairs = entry.split("    pairs:\n", 1)[1].split("    phrase:", 1)[0]
        letter = "abcdefgh"[number]
        relations += f"  {further}:\n    abbreviation: x{letter}\n    role: {role}\n    pairs:\n{pairs}"
        relations += f"    phrase: has it {letter}\n    inverse: is had {letter}\n    sign: 0\n"
    schema.write_text(f"{relations}\nprefixes:\n{prefixes}", encoding="utf-8")
    for path in sorted((copy / "cypher" / "paths").glob("contraindicated-*.cypher")):
        statement = path.read_text(encoding="utf-8")
        for relations_of_it in (("CONTRAINDICATED_FOR",), ("IS_A",), ("CONTRAINDICATED_FOR", "IS_A")):
            changed = statement
            for first in relations_of_it:
                changed = changed.replace(first, FURTHER[first])
            if changed != statement:
                name = f"{path.stem}-{len(relations_of_it)}{relations_of_it[0][0].lower()}"
                path.with_stem(name).write_text(changed.replace(path.stem, name), encoding="utf-8")
    return copy


def _write_tables(folder: Path, *, further: bool) -> None:
    rng = Random(3)  # draws a graph, no secrets
    ids = {kind: [_PREFIXES[kind].format(n) for n in range(1, count + 1)] for kind, count in _COUNTS.items()}
    nodes = ["kind\tid\tname"]
    nodes += [f"{kind}\t{id_}\t{kind.lower()} {id_}" for kind in ids for id_ in ids[kind]]
    links = [
        (relation, start, end)
        for relation, (start_kind, end_kind, share) in _TABLES.items()
        for start in ids[start_kind]
        for end in ids[end_kind]
        if rng.random() < share
    ]
    links += [("IS_A", ids["Disease"][n], ids["Disease"][n // 2]) for n in range(1, len(ids["Disease"]))]
    edges = ["relation\tstart\tend\tlicence"]
    for number, (relation, start, end) in enumerate(links):
        # A path follows one template, so the steps of those that have two of a role are of one relation.
        renamed = further and (number % 2 or relation in {"IS_A", "PRESENTS"})
        name = FURTHER[relation] if renamed else relation
        edges.append(f"{name}\t{start}\t{end}\tCC0-1.0")
    (folder / "kedrec").mkdir(parents=True)
    (folder / "kedrec" / "nodes.tsv").write_text("\n".join(nodes) + "\n", encoding="utf-8")
    (folder / "kedrec" / "edges.tsv").write_text("\n".join(edges) + "\n", encoding="utf-8")


def _result(checkout: Path, folder: Path, *, further: bool) -> dict[str, Any]:
    _write_tables(folder / "tables", further=further)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KEDREC_")}
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; sys.path.insert(0, {str(checkout)!r})\n{_SCRIPT}",
            "tables",
            "graph",
        ],
        cwd=folder,
        env=environment | {"KEDREC_HOME": str(folder / "home"), "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_a_further_relation_counts_like_the_first_of_its_role(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "usual").mkdir()
    (tmp_path / "further").mkdir()
    usual = _result(checkout, tmp_path / "usual", further=False)
    further = _result(checkout, tmp_path / "further", further=True)
    assert usual["rejected"] == further["rejected"] == 0
    labels = further.pop("features")
    assert usual.pop("features")
    # Neither treatments nor what speaks against a drug may give a treatment away.
    assert not [label for label in labels if "PRESCRIBED_FOR" in label or "SOOTHES" in label]
    assert not [label for label in labels if "AVOIDED_IN" in label]
    assert any("MODULATES Gene" in label for label in labels)
    assert further == usual
    pairs = [value for name, value in usual.items() if " " in name]
    assert {pair[0] for pair in pairs} == {"known", "known-narrower", "known-broader", "learned", "new"}
    assert {pair[2] for pair in pairs} >= {"direct", "inherited", "look-alike", ""}
