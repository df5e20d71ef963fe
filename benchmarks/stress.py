"""Kills loads with SIGKILL at random moments, resumes each by the same call, and compares the graphs.

    python -m benchmarks.stress [--kills 100] [--engine ladybug|neo4j] [--seed 0]

A few thousand rows are made up in the layouts of Hetionet and DrugMechDB, so that nodes of one join those of
the other. Round by round, both are loaded into an empty graph, then a newer release of one, then that one is
removed. Each such call is killed after a random time and called again; the graph must then have the
fingerprint, and every node and edge, of one that nothing disturbed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kedrec.loading import load_graph, remove_sources
from kedrec.loading.state import source_states
from kedrec.schema import load_schema
from kedrec.settings import Settings, load_settings
from kedrec.stores import GraphStore, open_store
from tests.neo4j_server import serving

_GENES, _DRUGS, _DISEASES = 400, 60, 30
ACTIONS = ("load", "update", "remove")


def write_data(folder: Path, *, newer: bool, size: int = 1) -> None:
    """A made-up Hetionet and DrugMechDB that meet in diseases and genes; a newer release lacks some rows."""
    numbers = random.Random(7)  # noqa: S311  # rows to load, no secrets
    genes, drugs, diseases = (size * count for count in (_GENES, _DRUGS, _DISEASES))
    lines = [f"Gene::{i}\tGENE{i}\tGene" for i in range(genes)]
    lines += [f"Compound::DB{i:05}\tdrug {i}\tCompound" for i in range(drugs)]
    lines += [f"Disease::DOID:{i}\tdisease {i}\tDisease" for i in range(diseases)]
    edges = {
        f"Gene::{numbers.randrange(genes)}\tGiG\tGene::{numbers.randrange(genes)}" for _ in range(8 * genes)
    }
    edges |= {
        f"Compound::DB{numbers.randrange(drugs):05}\tCbG\tGene::{numbers.randrange(genes)}"
        for _ in range(8 * drugs)
    }
    edges |= {f"Disease::DOID:{i}\tDaG\tGene::{numbers.randrange(genes)}" for i in range(diseases)}
    kept = sorted(edges)
    if newer:
        lines = [line for line in lines if not line.endswith(("7\tGene", "7\tDisease"))]
        kept = kept[::2] + [f"Compound::DB{i:05}\tCtD\tDisease::DOID:{i % diseases}" for i in range(drugs)]
    xrefs = [f"DOID:{i}\tdisease {i}\tMSH\tD{i:06}" for i in range(0, diseases, 1 + newer)]
    hetionet = folder / "hetionet"
    (hetionet / "attributes").mkdir(parents=True, exist_ok=True)
    (hetionet / "nodes.tsv").write_text("id\tname\tkind\n" + "\n".join(lines) + "\n")
    (hetionet / "hetionet-v1.0-edges.sif").write_text("source\tmetaedge\ttarget\n" + "\n".join(kept) + "\n")
    (hetionet / "attributes" / "disease-xrefs-slim.tsv").write_text(
        "doid_code\tdoid_name\tresource\tresource_id\n" + "\n".join(xrefs) + "\n"
    )
    (hetionet / "attributes" / "uniprot-to-entrez.tsv").write_text(
        "uniprot_id\tentrez_gene_id\n" + "".join(f"P{i:05}\t{i}\n" for i in range(genes))
    )
    paths = []
    for i in range(2 * diseases):
        drug, gene, disease = i % drugs, numbers.randrange(genes), i % diseases
        # Every third disease has two ids that only Hetionet's cross-reference shows to be one.
        mesh = f"DOID:{disease}" if i % 3 == 0 else f"MESH:D{disease:06}"
        protein = f"UniProt:P{gene:05}"
        paths.append(
            {
                "graph": {"_id": f"DB{drug:05}_{i}", "drug_mesh": f"MESH:C{drug}", "disease_mesh": mesh,
                          "drugbank": f"DB:DB{drug:05}"},
                "nodes": [
                    {"id": f"MESH:C{drug}", "label": "Drug", "name": f"drug {drug}"},
                    {"id": protein, "label": "Protein", "name": f"protein {gene}"},
                    {"id": mesh, "label": "Disease", "name": f"disease {disease}"},
                ],
                "links": [
                    {"source": f"MESH:C{drug}", "key": "decreases activity of", "target": protein},
                    {"source": protein, "key": "causes", "target": mesh},
                ],
                "reference": ["https://pubmed.ncbi.nlm.nih.gov/1"],
            }
        )  # fmt: skip
    (folder / "drugmechdb").mkdir(exist_ok=True)
    (folder / "drugmechdb" / "indication_paths.yaml").write_text(json.dumps(paths))


@dataclass(frozen=True)
class Place:
    """Where a graph is, and the folders of the two releases and of the work."""

    settings: Settings
    folder: Path

    @property
    def data(self) -> tuple[Path, Path]:
        """The folders of the older and the newer release."""
        return self.folder / "older", self.folder / "newer"

    @contextmanager
    def store(self) -> Iterator[GraphStore]:
        """The graph, open for writing."""
        with open_store(self.settings.graph_url, self.settings, read_only=False) as store:
            yield store


STEPS = ("put_nodes", "put_edges", "delete_edges", "delete_nodes", "put_metadata")
"""Calls that write to a graph."""


def change(place: Place, action: str, told: Callable[[], None] | None = None) -> int:
    """What is killed: a load of two sources that meet, of a newer release, or a removal.

    `told` is called before each step that writes; returns how many there were.
    """
    work = place.folder / f"work-{os.getpid()}"
    older, newer = place.data
    steps = 0

    def counted(step: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: object) -> None:
            nonlocal steps
            steps += 1
            if told:
                told()
            step(*arguments)

        return call

    with place.store() as store:
        for name in STEPS:
            setattr(store, name, counted(getattr(store, name)))
        if action == "load":
            load_graph(store, ["drugmechdb", "hetionet"], data_dir=older, work_dir=work)
        elif action == "update":
            load_graph(store, ["hetionet"], data_dir=newer, work_dir=work)
        elif "hetionet" in source_states(store.metadata()):  # a removal may have ended before it was killed
            remove_sources(store, ["hetionet"], work_dir=work)
    return steps


def tell() -> None:
    """Tells the process that will kill this one of a step."""
    sys.stdout.write(".")
    sys.stdout.flush()


def contents(store: GraphStore) -> str:
    """The fingerprint and a digest of every property of every node and edge."""
    held = store.fingerprint()
    rows = [json.dumps([kind, row]) for kind in sorted(held.nodes) for row in store.nodes(kind).to_pylist()]
    for relation in sorted({relation for relation, _ in held.edges}):
        for start, end in load_schema().relations[relation].pairs:
            if not {start, end} <= held.nodes.keys():
                continue  # a server would plan a statement for each of some hundred empty pairs
            for batch in store.edges(relation, start, end):
                rows += [json.dumps([relation, start, end, row]) for row in batch.to_pylist()]
    return f"{held} {held.digest} {hashlib.sha256(chr(10).join(sorted(rows)).encode()).hexdigest()[:16]}"


def prepare(place: Place, *, filled: bool) -> None:
    """Empties the graph, and loads both sources where it shall be filled."""
    with place.store() as store:
        store.prepare()
        there = list(source_states(store.metadata()))
        if there:
            remove_sources(store, there, work_dir=place.folder / "work")
    if filled:
        change(place, "load")


def killed(place: Place, action: str, step: int, pause: float) -> str:
    """Kills the action, in a process of its own, `pause` seconds after a step; says what it was doing.

    Step 0 is its begin, when the libraries are there; the others are those that write.
    """
    code = (
        "import sys, pickle; from benchmarks.stress import change, tell; "
        "place, action = pickle.load(sys.stdin.buffer); tell(); change(place, action, tell)"
    )
    with tempfile.TemporaryFile() as told:
        told.write(pickle.dumps((place, action)))
        told.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=told,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).resolve().parents[1],
        )
    if process.stdout is not None:
        process.stdout.read(step + 1)
    time.sleep(pause)
    was_running = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    if not was_running:
        if process.returncode:
            raise RuntimeError(f"The action failed by itself: {action}.")
        return "after it"
    with place.store() as store:
        states = {state.state for state in source_states(store.metadata()).values()} - {"loaded"}
        if store.kept("journal") is not None:
            return "moving edges of another source"
    return f"source marked {states.pop()}" if states else "before or between sources"


def rounds(place: Place, kills: int, seed: int) -> Iterator[tuple[str, str, str, str]]:
    """Each kill: (action, where it fell, contents expected, contents after resuming)."""
    numbers = random.Random(seed)  # noqa: S311  # moments, no secrets
    for release, newer in zip(place.data, (False, True), strict=True):
        write_data(release, newer=newer)
    expected: dict[str, str] = {}
    seconds: dict[str, float] = {}
    steps: dict[str, int] = {}
    prepare(place, filled=False)
    for action in ACTIONS:
        began = time.monotonic()
        steps[action] = change(place, action)
        seconds[action] = time.monotonic() - began
        with place.store() as store:
            expected[action] = contents(store)
    for number in range(kills):
        action = ACTIONS[number % len(ACTIONS)]
        if action == ACTIONS[0]:  # the others go on from where the one before them ended
            prepare(place, filled=False)
        # Reading and comparing takes most of the time: one kill of five is for that, four for the writing.
        step = numbers.randint(1, steps[action]) if numbers.random() < 0.8 else 0
        pause = numbers.uniform(0, seconds[action] / (steps[action] if step else 1))
        where = killed(place, action, step, pause)
        change(place, action)
        with place.store() as store:
            found = contents(store)
        yield action, where, expected[action], found
        if found != expected[action]:
            prepare(place, filled=True)


def _run(engine: str, kills: int, seed: int) -> bool:
    began = time.monotonic()
    counts: Counter[tuple[str, str]] = Counter()
    wrong: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory(prefix="kedrec-stress-") as made:
        folder = Path(made)

        def go(settings: Settings) -> None:
            for number, (action, where, expected, found) in enumerate(
                rounds(Place(settings, folder), kills, seed), 1
            ):
                counts[action, where] += 1
                wrong[action, where] += expected != found
                print(f"{engine} {number} of {kills}: {action}, {where}", file=sys.stderr)
                if expected != found:
                    print(f"  expected {expected}\n  found    {found}", file=sys.stderr)

        if engine == "ladybug":
            go(load_settings(home=folder / "home", graph=str(folder / "graph")))
        else:
            with serving(folder / "server", heap="1g", page_cache="256m") as server:
                go(
                    load_settings(
                        home=folder / "home", graph=server.uri, neo4j_username=server.username,
                        neo4j_password=server.password,
                    )
                )  # fmt: skip
    print(f"\n{engine}: {kills} kills, {sum(wrong.values())} wrong, {time.monotonic() - began:.0f} s")
    print("| killed while | where it fell | kills | another graph |\n| --- | --- | ---: | ---: |")
    for (action, where), count in sorted(counts.items()):
        print(f"| {action} | {where} | {count} | {wrong[action, where]} |")
    return not sum(wrong.values())


def main() -> int:
    """Runs the rounds on each engine."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="kills an engine (default 100)")
    parser.add_argument("--engine", choices=["ladybug", "neo4j"], action="append", help="default: both")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    done = [_run(engine, options.kills, options.seed) for engine in options.engine or ["ladybug", "neo4j"]]
    return 0 if all(done) else 1


if __name__ == "__main__":
    from benchmarks.stress import main as run  # what is pickled must be found by the processes to be killed

    sys.exit(run())
