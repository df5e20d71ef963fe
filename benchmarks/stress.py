"""Kills loads with SIGKILL at random moments, resumes each by the same call, and compares the graphs.

    python -m benchmarks.stress [--kills 100] [--engine ladybug|neo4j] [--seed 0]

A few thousand rows are generated in the layouts of Hetionet and DrugMechDB, with nodes in common. Round by
round, both are loaded into an empty graph, then a newer release of one, then that one is removed. Each such
call is killed after a random time and repeated; the graph must then have the fingerprint, and every node and
edge, of an undisturbed one.
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
    """Writes a synthetic Hetionet and DrugMechDB with common nodes; a newer release lacks some rows."""
    generator = random.Random(7)  # noqa: S311  # rows to load, no secrets
    genes, drugs, diseases = (size * count for count in (_GENES, _DRUGS, _DISEASES))
    lines = [f"Gene::{i}\tGENE{i}\tGene" for i in range(genes)]
    lines += [f"Compound::DB{i:05}\tdrug {i}\tCompound" for i in range(drugs)]
    lines += [f"Disease::DOID:{i}\tdisease {i}\tDisease" for i in range(diseases)]
    edges = {
        f"Gene::{generator.randrange(genes)}\tGiG\tGene::{generator.randrange(genes)}"
        for _ in range(8 * genes)
    }
    edges |= {
        f"Compound::DB{generator.randrange(drugs):05}\tCbG\tGene::{generator.randrange(genes)}"
        for _ in range(8 * drugs)
    }
    edges |= {f"Disease::DOID:{i}\tDaG\tGene::{generator.randrange(genes)}" for i in range(diseases)}
    edge_rows = sorted(edges)
    if newer:
        lines = [line for line in lines if not line.endswith(("7\tGene", "7\tDisease"))]
        edge_rows = edge_rows[::2] + [
            f"Compound::DB{i:05}\tCtD\tDisease::DOID:{i % diseases}" for i in range(drugs)
        ]
    xrefs = [f"DOID:{i}\tdisease {i}\tMSH\tD{i:06}" for i in range(0, diseases, 1 + newer)]
    hetionet = folder / "hetionet"
    (hetionet / "attributes").mkdir(parents=True, exist_ok=True)
    (hetionet / "nodes.tsv").write_text("id\tname\tkind\n" + "\n".join(lines) + "\n")
    (hetionet / "hetionet-v1.0-edges.sif").write_text(
        "source\tmetaedge\ttarget\n" + "\n".join(edge_rows) + "\n"
    )
    (hetionet / "attributes" / "disease-xrefs-slim.tsv").write_text(
        "doid_code\tdoid_name\tresource\tresource_id\n" + "\n".join(xrefs) + "\n"
    )
    (hetionet / "attributes" / "uniprot-to-entrez.tsv").write_text(
        "uniprot_id\tentrez_gene_id\n" + "".join(f"P{i:05}\t{i}\n" for i in range(genes))
    )
    paths = []
    for i in range(2 * diseases):
        drug, gene, disease = i % drugs, generator.randrange(genes), i % diseases
        # Every third disease has two ids that only a cross-reference of Hetionet identifies.
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
class StressGraph:
    """A graph under test, with the folders of the two releases and of the work."""

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
"""Methods that write to a graph."""


def change(graph: StressGraph, action: str, on_step: Callable[[], None] | None = None) -> int:
    """Performs one action: a load of both sources, of a newer release of one, or its removal.

    `on_step` is called before each step that writes; returns the number of those steps.
    """
    work = graph.folder / f"work-{os.getpid()}"
    older, newer = graph.data
    steps = 0

    def with_callback(step: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: object) -> None:
            nonlocal steps
            steps += 1
            if on_step:
                on_step()
            step(*arguments)

        return call

    with graph.store() as store:
        for name in STEPS:
            setattr(store, name, with_callback(getattr(store, name)))
        if action == "load":
            load_graph(store, ["drugmechdb", "hetionet"], data_dir=older, work_dir=work)
        elif action == "update":
            load_graph(store, ["hetionet"], data_dir=newer, work_dir=work)
        elif "hetionet" in source_states(store.metadata()):  # a removal may have finished before the kill
            remove_sources(store, ["hetionet"], work_dir=work)
    return steps


def report_step() -> None:
    """Signals a step to the parent process, which will kill this one."""
    sys.stdout.write(".")
    sys.stdout.flush()


def contents(store: GraphStore) -> str:
    """Fingerprint of a graph, and a digest of every property of every node and edge."""
    fingerprint = store.fingerprint()
    rows = [
        json.dumps([kind, row]) for kind in sorted(fingerprint.nodes) for row in store.nodes(kind).to_pylist()
    ]
    for relation in sorted({relation for relation, _ in fingerprint.edges}):
        for start, end in load_schema().relations[relation].pairs:
            if not {start, end} <= fingerprint.nodes.keys():
                continue  # a server would plan a statement for each of some hundred empty pairs
            for batch in store.edges(relation, start, end):
                rows += [json.dumps([relation, start, end, row]) for row in batch.to_pylist()]
    digest = hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()[:16]
    return f"{fingerprint} {fingerprint.digest} {digest}"


def prepare(graph: StressGraph, *, filled: bool) -> None:
    """Empties the graph, and loads both sources if `filled`."""
    with graph.store() as store:
        store.prepare()
        sources = list(source_states(store.metadata()))
        if sources:
            remove_sources(store, sources, work_dir=graph.folder / "work")
    if filled:
        change(graph, "load")


def kill_during(graph: StressGraph, action: str, step: int, pause: float) -> str:
    """Runs the action in its own process and kills it `pause` seconds after a step; describes the moment.

    Step 0 is the start, with the libraries imported; the others are the steps that write.
    """
    code = (
        "import sys, pickle; from benchmarks.stress import change, report_step; "
        "graph, action = pickle.load(sys.stdin.buffer); report_step(); change(graph, action, report_step)"
    )
    with tempfile.TemporaryFile() as stdin:
        stdin.write(pickle.dumps((graph, action)))
        stdin.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=stdin,
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
    with graph.store() as store:
        states = {state.state for state in source_states(store.metadata()).values()} - {"loaded"}
        if store.blob("journal") is not None:
            return "moving edges of another source"
    return f"source marked {states.pop()}" if states else "before or between sources"


def rounds(graph: StressGraph, kills: int, seed: int) -> Iterator[tuple[str, str, str, str]]:
    """Yields each kill: (action, its moment, expected contents, contents after resuming)."""
    generator = random.Random(seed)  # noqa: S311  # moments, no secrets
    for release, newer in zip(graph.data, (False, True), strict=True):
        write_data(release, newer=newer)
    expected: dict[str, str] = {}
    seconds: dict[str, float] = {}
    steps: dict[str, int] = {}
    prepare(graph, filled=False)
    for action in ACTIONS:
        started = time.monotonic()
        steps[action] = change(graph, action)
        seconds[action] = time.monotonic() - started
        with graph.store() as store:
            expected[action] = contents(store)
    for number in range(kills):
        action = ACTIONS[number % len(ACTIONS)]
        if action == ACTIONS[0]:  # the others start from the state after the previous action
            prepare(graph, filled=False)
        # Most of the time goes into reading and comparing, so four kills of five are timed by a writing step.
        step = generator.randint(1, steps[action]) if generator.random() < 0.8 else 0
        pause = generator.uniform(0, seconds[action] / (steps[action] if step else 1))
        moment = kill_during(graph, action, step, pause)
        change(graph, action)
        with graph.store() as store:
            resumed = contents(store)
        yield action, moment, expected[action], resumed
        if resumed != expected[action]:
            prepare(graph, filled=True)


def _run(engine: str, kills: int, seed: int) -> bool:
    started = time.monotonic()
    counts: Counter[tuple[str, str]] = Counter()
    wrong: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory(prefix="kedrec-stress-") as temporary:
        folder = Path(temporary)

        def run_rounds(settings: Settings) -> None:
            for number, (action, moment, expected, resumed) in enumerate(
                rounds(StressGraph(settings, folder), kills, seed), 1
            ):
                counts[action, moment] += 1
                wrong[action, moment] += expected != resumed
                print(f"{engine} {number} of {kills}: {action}, {moment}", file=sys.stderr)
                if expected != resumed:
                    print(f"  expected {expected}\n  found    {resumed}", file=sys.stderr)

        if engine == "ladybug":
            run_rounds(load_settings(home=folder / "home", graph=str(folder / "graph")))
        else:
            with serving(folder / "server", heap="1g", page_cache="256m") as server:
                run_rounds(
                    load_settings(
                        home=folder / "home", graph=server.uri, neo4j_username=server.username,
                        neo4j_password=server.password,
                    )
                )  # fmt: skip
    print(f"\n{engine}: {kills} kills, {sum(wrong.values())} wrong, {time.monotonic() - started:.0f} s")
    print("| killed while | where it fell | kills | another graph |\n| --- | --- | ---: | ---: |")
    for (action, moment), count in sorted(counts.items()):
        print(f"| {action} | {moment} | {count} | {wrong[action, moment]} |")
    return not sum(wrong.values())


def main() -> int:
    """Runs the rounds on each engine."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="kills an engine (default 100)")
    parser.add_argument("--engine", choices=["ladybug", "neo4j"], action="append", help="default: both")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    results = [_run(engine, options.kills, options.seed) for engine in options.engine or ["ladybug", "neo4j"]]
    return 0 if all(results) else 1


if __name__ == "__main__":
    from benchmarks.stress import main as run  # so that the child processes can unpickle its classes

    sys.exit(run())
