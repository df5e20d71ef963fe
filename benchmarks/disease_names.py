"""Share of diseases that resolve by their published names, and to the right entity of a graph.

    python -m benchmarks.disease_names --graph GRAPH [--data DIR] [--split Test] [--wrong]

Four lists: forty names that people say, the 100 commonest rare diseases of Orphanet, the diseases of
DrugMechDB, and the disease mentions of BioCreative V CDR. Each has an id with the name (Orphanet's, MeSH's, a
graph's). An entity is right if it has that id, or one that published mapping sets call equal to it (Mondo's
own, Biomappings' curated part, the Disease Ontology's cross-references to MeSH), in one step or over one
further id. The sets are read from their files here, whatever the loader made of them.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.name_resolution import mentions
from kedrec.common.yaml_text import load_yaml
from kedrec.errors import AmbiguousNameError, UnknownNameError
from kedrec.naming import NameIndex
from kedrec.settings import load_settings
from kedrec.stores import open_store

_PREFIXES = {"ORPHANET.ORDO": "ORPHANET", "OMIM.PS": "OMIMPS"}
_CLASSES = (">1 / 1000", "6-9 / 10 000", "1-5 / 10 000", "1-9 / 100 000", "1-9 / 1 000 000")
"""Orphanet's classes of prevalence, the commonest first."""
_TYPES = {"Point prevalence", "Prevalence at birth"}
_REGIONS = {"Worldwide", "Europe"}
_COMMONEST = 100
_EVERYDAY = {
    "MS": "DOID:2377", "RA": "DOID:7148", "SLE": "DOID:9074", "CML": "DOID:8552", "T2D": "DOID:9352",
    "type II diabetes": "DOID:9352", "heart failure": "MONDO:0005252", "alzheimers": "DOID:10652",
    "high blood pressure": "DOID:10763", "COPD": "DOID:3083", "ALS": "DOID:332", "IBD": "DOID:0050589",
    "AML": "DOID:9119", "CLL": "DOID:1040", "NSCLC": "DOID:3908", "TB": "DOID:399", "stroke": "DOID:0051061",
    "heart attack": "DOID:5844", "kidney failure": "DOID:1074", "DMD": "DOID:11723", "CF": "DOID:1485",
    "PKU": "DOID:9281", "PAH": "MONDO:0015924", "AD": "DOID:10652", "PD": "DOID:14330", "HIV": "DOID:526",
    "flu": "DOID:8469", "lupus": "DOID:8857", "crohns": "DOID:8778", "T1D": "DOID:9744",
    "breast cancer": "DOID:1612", "lou gehrig's disease": "DOID:332", "sickle cell": "DOID:0081445",
    "psoriatic arthritis": "DOID:9008", "GERD": "DOID:8534", "UC": "DOID:8577", "OCD": "DOID:10933",
    "PTSD": "DOID:2055", "AFib": "DOID:0060224", "ADHD": "MONDO:0007743",
}  # fmt: skip
"""Names that people say, each with the disease that they mean."""


@dataclass(frozen=True, slots=True)
class Named:
    """A disease's name, and the id that its list gives with it."""

    name: str
    id: str


def curie(text: str) -> str:
    """An id with the graph's prefix: `mesh:D000755` and `Orphanet:355` as MESH:D000755 and ORPHANET:355."""
    prefix, _, local = text.partition(":")
    return f"{_PREFIXES.get(prefix.upper(), prefix.upper())}:{local.rpartition('_')[2] or local}"


def equal_ids(data: Path) -> dict[str, set[str]]:
    """The ids that a published mapping set states to equal an id exactly, in both directions."""
    sets = [*sorted((data / "mondo").glob("*.sssom.tsv.gz")), data / "biomappings" / "positive.sssom.tsv.gz"]
    equal: dict[str, set[str]] = defaultdict(set)
    with gzip.open(data / "doid" / "allXREFinDO.tsv.gz", "rt", encoding="utf-8") as lines:
        for one, _, other in csv.reader(lines, delimiter="\t"):
            if other.startswith("MESH:"):
                equal[one].add(other)
                equal[other].add(one)
    for path in sets:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for row in csv.DictReader((line for line in lines if line[0] != "#"), delimiter="\t"):
                if row["predicate_id"] == "skos:exactMatch" and not row.get("predicate_modifier"):
                    one, other = curie(row["subject_id"]), curie(row["object_id"])
                    equal[one].add(other)
                    equal[other].add(one)
    return equal


def right_ids(id_: str, equal: Mapping[str, set[str]]) -> set[str]:
    """An id, those that equal it, and those that equal these."""
    near = {id_, *equal.get(id_, ())}
    return near.union(*(equal.get(one, ()) for one in near))


def _listed(value: Any) -> list[Any]:
    """A list as it is, and the single value that stands where others have a list."""
    return value if isinstance(value, list) else [value] if value else []


def orphanet_diseases(path: Path) -> list[Named]:
    """The commonest disorders by their highest class of prevalence in Europe or the world, then by number."""
    ranked = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for packet in (json.loads(line)["Orphapacket"] for line in lines):
            stated = [
                one for held in _listed(packet.get("Prevalences")) for one in _listed(held.get("Prevalence"))
            ]
            ranks = [
                _CLASSES.index(one["PrevalenceClass"])
                for one in stated
                if one.get("PrevalenceClass") in _CLASSES
                and one.get("PrevalenceType") in _TYPES
                and one.get("PrevalenceGeographic") in _REGIONS
            ]
            if ranks:
                ranked.append((min(ranks), int(packet["ORPHAcode"]), packet["Label"]))
    return [Named(label, f"ORPHANET:{number}") for _, number, label in sorted(ranked)[:_COMMONEST]]


def drugmechdb_diseases(path: Path) -> list[Named]:
    """The diseases of the curated paths, each name and MeSH id once."""
    with gzip.open(path, "rt", encoding="utf-8") as text:
        paths: list[dict[str, Any]] = load_yaml(text.read())
    pairs = {(one["graph"]["disease"], one["graph"]["disease_mesh"]) for one in paths}
    return [Named(name, curie(id_)) for name, id_ in sorted(pairs) if name and id_]


def bc5cdr_diseases(path: Path, splits: Iterable[str]) -> list[Named]:
    """The distinct disease mentions of some splits."""
    distinct = {
        (one.text, one.mesh) for split in splits for one in mentions(path, split) if one.type == "Disease"
    }
    return [Named(text, f"MESH:{mesh}") for text, mesh in sorted(distinct)]


def score(index: NameIndex, named: Named, right: set[str]) -> tuple[str, bool, str]:
    """State of a name (`right`, `wrong`, `ambiguous`, `unknown`), if the first is right, and what it is."""
    try:
        entity = index.resolve(named.name, "Disease")
    except (AmbiguousNameError, UnknownNameError) as error:
        state = "ambiguous" if isinstance(error, AmbiguousNameError) else "unknown"
        first = [near.entity for near in error.candidates if near.entity.kind == "Disease"][:1]
        return state, any(one.id in right for one in first), f"{first[0].id} {first[0].name}" if first else ""
    return ("right" if entity.id in right else "wrong"), entity.id in right, f"{entity.id} {entity.name}"


def rows(
    index: NameIndex,
    ids: set[str],
    lists: Mapping[str, list[Named]],
    equal: Mapping[str, set[str]],
    *,
    wrong: bool,
) -> Iterator[str]:
    """Yields Markdown lines: of each list, and of its part in the graph, how many resolve and rightly."""
    yield "| diseases | names | resolved | right | right of resolved | ambiguous | unknown | top right |"
    yield "| --- |" + " --- |" * 7
    for title, diseases in lists.items():
        scored = []
        for named in diseases:
            right = right_ids(named.id, equal)
            scored.append((not right.isdisjoint(ids), *score(index, named, right)))
            if wrong and scored[-1][1] != "right":
                print(title, named, *scored[-1], sep="\t", file=sys.stderr)
        for label, part in ((title, scored), (f"{title}, in the graph", [one for one in scored if one[0]])):
            states = [state for _, state, _, _ in part]
            total, right_count, wrong_count = len(part), states.count("right"), states.count("wrong")
            resolved = right_count + wrong_count
            cells = [
                f"{count / of:.3f}" if of else "-"
                for count, of in (
                    (resolved, total),
                    (right_count, total),
                    (right_count, resolved),
                    (states.count("ambiguous"), total),
                    (states.count("unknown"), total),
                    (sum(first for _, _, first, _ in part), total),
                )
            ]
            yield f"| {label} | {total:,} | {' | '.join(cells)} |"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.disease_names", description=__doc__)
    parser.add_argument("--graph", help="URL of the graph; default as for `kedrec`")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--split", action="append", choices=["Training", "Development", "Test"])
    parser.add_argument("--wrong", action="store_true", help="list what isn't right, on standard error")
    arguments = parser.parse_args()
    data: Path = arguments.data
    splits = arguments.split or ["Training", "Development", "Test"]
    lists = {
        "everyday names": [Named(name, id_) for name, id_ in _EVERYDAY.items()],
        "Orphanet's 100 commonest": orphanet_diseases(data / "orphanet" / "orphapackets.jsonl.gz"),
        "DrugMechDB": drugmechdb_diseases(data / "drugmechdb" / "indication_paths.yaml.gz"),
        f"BC5CDR, {', '.join(splits)}": bc5cdr_diseases(
            data / "text" / "bc5cdr" / "records.jsonl.gz", splits
        ),
    }
    settings = load_settings(graph=arguments.graph)
    with open_store(settings.graph_url, settings) as store:
        index = NameIndex.open(store, settings.cache_dir)
        ids = set(store.nodes("Disease", ["id"]).column("id").to_pylist())
        fingerprint = store.fingerprint()
        print(f"Graph {fingerprint}, {sum(fingerprint.nodes.values()):,} nodes.\n")
        print("\n".join(rows(index, ids, lists, equal_ids(data), wrong=arguments.wrong)))


if __name__ == "__main__":
    main()
