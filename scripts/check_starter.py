"""Checks the hand-written starter graph against its schema and against public data.

    python scripts/check_starter.py --data ../shared/data [--area graph/starter/neurology.yaml] [--json]

Prints what is wrong with the format, ids whose name the data do not know, and for each area how many
facts public sources confirm. Exits 1 where the format is wrong, an id is wrong or unknown, or a fact is
neither confirmed nor carries a PMID.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from starter_evidence import PublicData, mentions, normal

ROOT = Path(__file__).resolve().parent.parent
STARTER = ROOT / "graph" / "starter"
NODE_KEYS = {"id", "synonyms", "xrefs", "description"}
REFERENCE = re.compile(r"PMID:[1-9]\d{3,7}|NCT:NCT\d{8}|DOI:10\.\d{4,9}/\S+|https://\S+")
CURIE = re.compile(r"([A-Za-z0-9]+):(\S+)")


class UniqueLoader(yaml.SafeLoader):
    """A YAML loader that refuses duplicate keys."""


def _mapping(loader: UniqueLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    """Constructs a mapping; refuses duplicate keys."""
    values: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in values:
            message = f"key {key!r} given twice"
            raise yaml.constructor.ConstructorError(None, None, message, key_node.start_mark)
        values[key] = loader.construct_object(value_node, deep=True)
    return values


UniqueLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


@dataclass
class StarterNode:
    """One entity of an area file."""

    kind: str
    name: str
    id: str
    synonyms: list[str]
    xrefs: list[str]

    def names(self) -> set[str]:
        """The name and its synonyms."""
        return {self.name, *self.synonyms}


@dataclass
class Fact:
    """One fact of an area file."""

    start: StarterNode
    relation: str
    action: str | None
    end: StarterNode
    references: list[str]

    def __str__(self) -> str:
        label = self.relation + (f"/{self.action}" if self.action else "")
        return f"[{self.start.name}, {label}, {self.end.name}]"


@dataclass
class Area:
    """One area file: its contents, and the findings of the checks."""

    file: str
    nodes: list[StarterNode] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    confirming_sources: Counter[str] = field(default_factory=Counter)
    confirmed_count: int = 0
    repeated_count: int = 0
    with_pmid: list[str] = field(default_factory=list)
    pmid_support: Counter[str] = field(default_factory=Counter)
    unconfirmed: list[str] = field(default_factory=list)


def read_nodes(area: Area, raw: dict[str, Any], schema: dict[str, Any]) -> dict[str, list[StarterNode]]:
    """Reads the nodes of a file by name; adds their errors to the area's problems."""
    by_name: dict[str, list[StarterNode]] = defaultdict(list)
    for kind, entries in (raw.get("nodes") or {}).items():
        if kind not in schema["kinds"]:
            area.problems.append(f"unknown kind {kind}")
            continue
        for name, body in (entries or {}).items():
            if not isinstance(name, str) or not isinstance(body, dict) or not isinstance(body.get("id"), str):
                area.problems.append(f"{kind} {name!r}: needs a text name and an id")
                continue
            unknown_keys = set(body) - NODE_KEYS
            if unknown_keys:
                area.problems.append(f"{name}: unknown keys {sorted(unknown_keys)}")
            synonyms, xrefs = list(body.get("synonyms") or []), list(body.get("xrefs") or [])
            node = StarterNode(kind, name, body["id"], synonyms, xrefs)
            if not all(isinstance(text, str) for text in node.synonyms + node.xrefs):
                area.problems.append(f"{name}: synonyms and xrefs must be text (quote them)")
                continue
            match = CURIE.fullmatch(node.id)
            if not match or match[1] not in schema["kinds"][kind]["prefixes"]:
                area.problems.append(f"{name}: id {node.id} has no prefix of {kind}")
            for xref in node.xrefs:
                match = CURIE.fullmatch(xref)
                if not match or match[1] not in schema["prefixes"]:
                    area.problems.append(f"{name}: xref {xref} is not a known CURIE")
            by_name[name].append(node)
            area.nodes.append(node)
    return by_name


def resolve(text: str, by_name: dict[str, list[StarterNode]]) -> StarterNode:
    """The node with a fact's name for it.

    Raises:
        ValueError: no node has the name, or several do.
    """
    matches = by_name.get(text, [])
    if not matches and ":" in text:
        kind, _, name = text.partition(":")
        matches = [node for node in by_name.get(name.strip(), []) if node.kind == kind]
    if len(matches) != 1:
        raise ValueError(f"{text!r} names {'no node' if not matches else 'several nodes'}")
    return matches[0]


def read_fact(
    row: Any, by_name: dict[str, list[StarterNode]], schema: dict[str, Any]
) -> tuple[Fact, list[str]]:
    """Reads a fact; returns it with its errors.

    Raises:
        ValueError: the row can't be read as a fact.
    """
    if not isinstance(row, list) or len(row) < 3 or not all(isinstance(cell, str) for cell in row):
        raise ValueError("needs at least three texts")
    relation, _, action = row[1].partition("/")
    rule = schema["relations"].get(relation)
    if rule is None or (action and action not in (rule.get("actions") or {})):
        raise ValueError(f"unknown relation or action {row[1]}")
    start, end = resolve(row[0], by_name), resolve(row[2], by_name)
    problems = [f"{reference} is no reference" for reference in row[3:] if not REFERENCE.fullmatch(reference)]
    if not any(start.kind in pair["start"] and end.kind in pair["end"] for pair in rule["pairs"]):
        problems.append(f"{relation} does not join {start.kind} to {end.kind}")
    if start.id == end.id:
        problems.append("joins a node to itself")
    return Fact(start, relation, action or None, end, row[3:]), problems


def read_area(path: Path, schema: dict[str, Any]) -> Area:
    """Reads an area file and checks its format."""
    area = Area(path.name)
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=UniqueLoader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        area.problems.append(f"not readable: {error}")
        return area
    if not isinstance(raw, dict) or set(raw) != {"area", "nodes", "facts"}:
        area.problems.append("needs exactly the keys area, nodes, facts")
        return area
    by_name = read_nodes(area, raw, schema)
    keys: set[tuple[str, str, str]] = set()
    used_names: set[tuple[str, str]] = set()
    for row in raw["facts"] or []:
        try:
            fact, problems = read_fact(row, by_name, schema)
        except ValueError as error:
            area.problems.append(f"fact {row}: {error}")
            continue
        used_names |= {(fact.start.kind, fact.start.name), (fact.end.kind, fact.end.name)}
        symmetric = schema["relations"][fact.relation].get("symmetric")
        first, second = sorted([fact.start.id, fact.end.id]) if symmetric else (fact.start.id, fact.end.id)
        if (fact.relation, first, second) in keys:
            problems.append("given twice")
        keys.add((fact.relation, first, second))
        area.problems += [f"fact {row}: {problem}" for problem in problems]
        area.facts.append(fact)
    area.problems += [
        f"{node.name} ({node.kind}) is in no fact"
        for node in area.nodes
        if (node.kind, node.name) not in used_names
    ]
    return area


def check_across(areas: list[Area]) -> None:
    """Checks that, over all files, an id has one name and kind, and a name of a kind has one id."""
    by_id: dict[str, tuple[str, str, str]] = {}
    by_name: dict[tuple[str, str], tuple[str, str]] = {}
    facts: dict[tuple[str, str, str], tuple[str, str | None]] = {}
    for area in areas:
        for node in area.nodes:
            kind, name, file = by_id.setdefault(node.id, (node.kind, node.name, area.file))
            if (kind, name) != (node.kind, node.name):
                area.problems.append(f"{node.id} is {node.kind} {node.name} here, {kind} {name} in {file}")
            id_, file = by_name.setdefault((node.kind, normal(node.name)), (node.id, area.file))
            if id_ != node.id:
                area.problems.append(f"{node.kind} {node.name} is {node.id} here, {id_} in {file}")
        for fact in area.facts:
            key = (fact.relation, fact.start.id, fact.end.id)
            file, action = facts.setdefault(key, (area.file, fact.action))
            if file != area.file:
                area.repeated_count += 1
                if action != fact.action:
                    area.warnings.append(f"{fact} has another action in {file}: {action}")


def check_ids(area: Area, data: PublicData) -> None:
    """Checks that ids, and cross-references in the data, have the node's name or a synonym there."""
    for node in area.nodes:
        verified = False
        for curie in [node.id, *node.xrefs]:
            is_carried = data.carries(curie, node.names())
            verified = verified or is_carried is True
            if is_carried is False and node.id not in data.equivalents(curie) - {curie}:
                data_names = "; ".join(sorted(data.names[curie])[:4])
                messages = area.problems if curie == node.id else area.warnings
                messages.append(f"{node.name}: {curie} is called {data_names} in the data")
        if not verified and not data.names.get(node.id):
            unnamed = sorted({node.id, *node.xrefs} & data.unnamed_ids)
            if unnamed:
                listed = ", ".join(unnamed)
                area.warnings.append(f"{node.name}: the data hold {listed} but give no name for it")
            elif node.id.startswith("DOID:") and any(xref.startswith("MESH:") for xref in node.xrefs):
                area.warnings.append(f"{node.name}: {node.id} and its cross-references rest on the curator")
            else:
                area.problems.append(
                    f"{node.name}: the data know neither {node.id} nor its cross-references by that name"
                )


def check_facts(area: Area, data: PublicData, schema: dict[str, Any]) -> None:
    """Looks up each fact in the public data and sorts it into the area's lists."""
    link_signs = {
        action: body["sign"]
        for rule in ("AFFECTS", "CORRELATED_WITH", "CONTRIBUTES_TO")
        for action, body in schema["relations"][rule]["actions"].items()
    }
    bind_signs = {action: body["sign"] for action, body in schema["relations"]["BINDS"]["actions"].items()}
    for fact in area.facts:
        starts, ends = (
            {equivalent for curie in [node.id, *node.xrefs] for equivalent in data.equivalents(curie)}
            for node in (fact.start, fact.end)
        )
        sources, keys = data.confirmations(fact.relation, starts, ends)
        rule = schema["relations"][fact.relation]
        sign = rule["actions"][fact.action]["sign"] if fact.action else rule["sign"]
        signs = {link_signs.get(key, 0) for key in keys}
        if fact.relation == "BINDS":
            actions = data.binding_actions(starts, ends)[0]
            signs |= {bind_signs.get(action, 0) for action in actions}
        if sign and -sign in signs and sign not in signs:
            area.warnings.append(f"{fact}: the data give the opposite direction")
        pmids = [ref.removeprefix("PMID:") for ref in fact.references if ref.startswith("PMID:")]
        names = [node.names() for node in (fact.start, fact.end)]
        support = {pmid: data.pmid_support(pmid, starts, ends, *names) for pmid in pmids}
        for pmid, level in support.items():
            if level and "does not" in level:
                missing = [
                    node.name
                    for node in (fact.start, fact.end)
                    if not mentions(data.texts()[pmid], node.names())
                ]
                area.warnings.append(f"{fact} PMID:{pmid}: the abstract does not name {' or '.join(missing)}")
        if sources:
            area.confirmed_count += 1
            area.confirming_sources.update(sorted(sources))
        elif pmids:
            best_support = next((level for level in support.values() if level), "not in the data")
            area.pmid_support[best_support] += 1
            area.with_pmid.append(f"{fact} PMID {', '.join(pmids)} ({best_support})")
        else:
            area.unconfirmed.append(str(fact))


def report(area: Area, *, listing: bool) -> None:
    """Prints one area's result."""
    kinds = Counter(node.kind for node in area.nodes)
    print(
        f"== {area.file}: {len(area.nodes)} nodes, {len(area.facts)} facts, "
        f"{area.repeated_count} of them in another file"
    )
    print("   nodes: " + ", ".join(f"{kind} {count}" for kind, count in kinds.most_common()))
    sources = ", ".join(f"{name} {count}" for name, count in area.confirming_sources.most_common())
    print(f"   confirmed {area.confirmed_count} ({sources})")
    support = ", ".join(f"{name} {count}" for name, count in area.pmid_support.most_common())
    print(f"   not confirmed, with a PMID {len(area.with_pmid)} ({support}); without {len(area.unconfirmed)}")
    lists = {"problem": area.problems, "warning": area.warnings, "UNCONFIRMED": area.unconfirmed}
    for title, rows in lists.items():
        for row in rows:
            print(f"   {title}: {row}")
    if listing:
        for row in area.with_pmid:
            print(f"   by PMID: {row}")


def main(argv: list[str] | None = None) -> int:
    """Runs the checks; returns 0 if every area is sound."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="the public data")
    parser.add_argument("--area", type=Path, action="append", help="only this file (may be given again)")
    parser.add_argument("--list", action="store_true", help="also list the facts that rest on a PMID alone")
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args(argv)
    schema = yaml.safe_load((ROOT / "graph" / "schema.yaml").read_text(encoding="utf-8"))
    areas = [read_area(path, schema) for path in args.area or sorted(STARTER.glob("*.yaml"))]
    check_across(areas)
    nodes = [node for area in areas for node in area.nodes]
    data = PublicData(args.data, {curie for node in nodes for curie in [node.id, *node.xrefs]})
    for area in areas:
        check_ids(area, data)
        check_facts(area, data, schema)
    unique = {node.id: node.kind for node in nodes}
    totals = {
        "nodes": dict(Counter(unique.values()).most_common()),
        "facts": len({(f.relation, f.start.id, f.end.id) for area in areas for f in area.facts}),
        "rows": sum(len(area.facts) for area in areas),
        "confirmed": sum(area.confirmed_count for area in areas),
        "with_pmid_only": sum(len(area.with_pmid) for area in areas),
        "without": sum(len(area.unconfirmed) for area in areas),
        "problems": sum(len(area.problems) for area in areas),
    }
    if args.json:
        print(
            json.dumps(
                {
                    "totals": totals,
                    "areas": [
                        {
                            "file": a.file,
                            "nodes": dict(Counter(n.kind for n in a.nodes)),
                            "facts": len(a.facts),
                            "confirmed": a.confirmed_count,
                            "sources": dict(a.confirming_sources),
                            "with_pmid_only": a.with_pmid,
                            "without": a.unconfirmed,
                            "problems": a.problems,
                            "warnings": a.warnings,
                        }
                        for a in areas
                    ],
                },
                indent=1,
            )
        )
    else:
        for area in areas:
            report(area, listing=args.list)
        print("== all: " + json.dumps(totals))
    return 1 if totals["without"] or totals["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
