"""Reads DrugMechDB: every link becomes an edge that names its curated paths, every path an indication.

`loaders/drugmechdb.yaml` tells which relation each predicate is between which kinds.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from kedrec.errors import DataError
from kedrec.loading.identity import FAMILIES
from kedrec.loading.readers.predicate_rules import Rule, first_rule, read_rules
from kedrec.loading.readers.yaml_lines import Lined, yaml_records
from kedrec.loading.sources import Source, find_files
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.common.text_files import BadLine
    from kedrec.loading.staging import Progress, Staging

__all__ = ["read_drugmechdb", "reference"]

_Reject: TypeAlias = tuple[int, str, str, str]
"""Line, reason, detail and text."""
_DRUGBANK = re.compile(r"DB:DB\d{5}")
_WORD = re.compile(r"\w{4,}")
_SALTS = frozenset({"acetate", "citrate", "hydrochloride", "phosphate", "sodium", "sulfate"})
_PUBMED = re.compile(
    r"https?://(?:www\.)?(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed|europepmc\.org/article/MED)"
    r"/(\d+)/?(?:[?#].*)?"
)
_PMC = re.compile(r"https?://(?:www\.|pmc\.)?ncbi\.nlm\.nih\.gov/(?:pmc/)?articles/(PMC\d+)/?(?:[?#].*)?")
_DOI = re.compile(r"(?:DOI:\s*)?(?:https?://(?:dx\.)?doi\.org/|DOI:\s*)(10\.\d{4,9}/[^\s?#]+)", re.IGNORECASE)


def reference(text: str) -> str:
    """A path's reference as a CURIE (`PMID:`, `PMCID:`, `DOI:`) or an https URL; "" where it is neither."""
    text = text.strip()
    if match := _PUBMED.fullmatch(text):
        return f"PMID:{match[1]}"
    if match := _PMC.fullmatch(text):
        return f"PMCID:{match[1]}"
    if match := _DOI.fullmatch(text):
        return f"DOI:{match[1]}"
    url = re.sub(r"^\w*https?://", "https://", text)
    return url if re.fullmatch(r"https://\S+", url) else ""


class _Names:
    """The nodes of all paths: their one kind each, and other ids."""

    def __init__(self, source: Source) -> None:
        self.labels: dict[str, str] = source.mapping["labels"]
        self.prefixes: dict[str, str] = source.mapping["prefixes"]
        self.order = [kind for family in FAMILIES for kind in family]
        self.votes: dict[str, Counter[str]] = defaultdict(Counter)
        self.roles: dict[str, Counter[str]] = defaultdict(Counter)
        self.drugbank: dict[str, set[str]] = defaultdict(set)
        self.words: dict[str, set[str]] = defaultdict(set)

    def curie(self, raw: str) -> str:
        """An id with the schema's prefix."""
        prefix, colon, local = raw.strip().partition(":")
        return f"{self.prefixes.get(prefix, prefix)}{colon}{local}"

    def learn(self, path: Lined) -> None:
        """Counts what a path calls its nodes; its drug and its disease are what it says they are."""
        graph = path["graph"]
        drugs = {
            self.curie(x) for x in [*graph.get("drug_mesh", "").split(","), graph.get("drugbank", "")] if x
        }
        bank = graph.get("drugbank", "")
        for node in path["nodes"]:
            curie = self.curie(node["id"])
            self.votes[curie][self.labels.get(node["label"], node["label"])] += 1
            if curie in drugs:
                self.roles[curie]["Drug"] += 1
                if _DRUGBANK.fullmatch(bank):
                    self.drugbank[curie].add(self.curie(bank))
                self.words[curie].update(_WORD.findall(f"{node['name']} {graph.get('drug', '')}".lower()))
            elif curie == self.curie(graph.get("disease_mesh", "")):
                self.roles[curie]["Disease"] += 1

    def kind(self, curie: str) -> str:
        """The one kind of an id: its role in its paths, else what most paths call it."""
        votes = self.roles.get(curie) or self.votes[curie]
        if "Drug" in votes and set(votes) <= {"Drug", "Chemical"}:
            return "Drug"
        return min(
            votes, key=lambda kind: (-votes[kind], self.order.index(kind) if kind in self.order else -1, kind)
        )

    def distrust(self) -> None:
        """Drops the DrugBank ids that some paths give wrongly, which would join different drugs.

        Two drugs with one DrugBank id are salts or esters of one where their names share a word
        (betamethasone, betamethasone acetate); else one of them carries another's id by mistake.
        """
        sharing: dict[str, set[str]] = defaultdict(set)
        for curie, banks in self.drugbank.items():
            for bank in banks - {curie}:
                sharing[bank].add(curie)
        for bank, drugs in sharing.items():
            if not set.intersection(*(self.words[drug] - _SALTS for drug in drugs)):
                for drug in drugs:
                    self.drugbank[drug].discard(bank)

    def xrefs(self, curie: str, node: Lined) -> list[str]:
        """Other ids of a node. A drug with several DrugBank ids has none: at least one is wrong."""
        other = [self.curie(x) for x in node.get("alt_ids", ()) if self.kind(curie) != "Drug"]
        bank = self.drugbank.get(curie, set())
        return other + (list(bank) if len(bank) == 1 else [])


class _Rows:
    """Rows of one file being collected as columns, and those refused: (line, reason, detail, text)."""

    def __init__(self, file: int) -> None:
        self.file = file
        self.columns: dict[str, list[Any]] = defaultdict(list)
        self.rejects: list[_Reject] = []

    def add(self, **row: Any) -> None:
        for name, value in {"file": self.file, **row}.items():
            self.columns[name].append(value)


_TEXTS = {"graph": ("disease_mesh", "drug", "drug_mesh", "drugbank"), "node": ("id", "label", "name")}
_LISTS = ("alt_ids", "alt_names")


def _is_text(value: Any) -> bool:
    # YAML can write characters that are no text to a graph.
    return isinstance(value, str) and "\0" not in value


def _problem(entry: Any) -> str:
    """Why an item is no path at all; "" where it is one, whatever its nodes and links are."""
    if not isinstance(entry, Lined) or not isinstance(entry.get("graph"), Lined):
        return "not a path with a graph, nodes and links"
    graph = entry["graph"]
    if not all(isinstance(entry.get(part), list) for part in ("nodes", "links")):
        return "not a path with a graph, nodes and links"
    if not _is_text(graph.get("_id")) or not all(_is_text(graph.get(name, "")) for name in _TEXTS["graph"]):
        return "something else where the path's graph has text"
    return ""


def _node_problem(node: Any) -> str:
    if not isinstance(node, Lined) or not all(_is_text(node.get(name)) for name in _TEXTS["node"]):
        return "not a node with an id, a label and a name"
    for name in _LISTS:
        listed = node.get(name, [])
        if not isinstance(listed, list) or not all(map(_is_text, listed)):
            return f"something else than texts in {name}"
    return ""


def _is_link(link: Any) -> bool:
    return isinstance(link, Lined) and all(_is_text(link.get(name)) for name in ("key", "source", "target"))


def _references(given: Any) -> list[str]:
    """A path's references, one or several; what is no text is no reference."""
    texts = given if isinstance(given, list) else [given]
    return [found for text in texts if isinstance(text, str) and (found := reference(text))]


def _text(item: Any) -> str:
    """An item as JSON, for the file of what was refused."""
    return json.dumps(item, ensure_ascii=False)[:1000]


def _entries(plain: Path, path: Path, bad: list[BadLine], rejects: dict[str, list[_Reject]]) -> list[Lined]:
    """The paths of a file with the nodes and links that can be used; what is refused goes to `rejects`."""
    entries = []
    with plain.open(encoding="utf-8", newline="\n") as lines:
        for found in yaml_records(lines, path, {line.line: line.reason for line in bad}):
            entry = found.value
            if problem := found.problem or _problem(entry):
                reason, _, detail = problem.partition(": ")
                rejects["edges"].append((found.line, reason, detail, _text(entry)))
                continue
            nodes = []
            for node in entry["nodes"]:
                if why := _node_problem(node):
                    line = getattr(node, "line", entry.line)
                    rejects["nodes"].append((line, why, entry["graph"]["_id"], _text(node)))
                else:
                    nodes.append(node)
            links = []
            for link in entry["links"]:
                if _is_link(link):
                    links.append(link)
                else:
                    line, why = (
                        getattr(link, "line", entry.line),
                        "not a link with a key, a source and a target",
                    )
                    rejects["edges"].append((line, why, entry["graph"]["_id"], _text(link)))
            entry["nodes"], entry["links"] = nodes, links
            entries.append(entry)
    return entries


def read_drugmechdb(staging: Staging, source: Source, folder: Path, progress: Progress) -> None:
    """Reads the paths into `node_rows` and `edge_rows`; a row a node mention, a link, and an indication.

    Raises:
        DataError: the file is missing, damaged or not DrugMechDB's.
    """
    [spec] = source.files
    path = find_files(source, spec, folder)[0]
    stage = f"Reading {source.name}"
    progress(stage, 0, None)
    number, plain, bad = staging.unpack(path)
    rejects: dict[str, list[_Reject]] = {"nodes": [], "edges": []}
    entries = _entries(plain, path, bad, rejects)
    if not entries:
        first = min(rejects["edges"], default=None)
        why = f" that can be read: line {first[0]}: {' '.join(first[1:3]).strip()}" if first else ""
        raise DataError(f"{path} has no path{why}.", source.obtain)
    names = _Names(source)
    for entry in entries:
        names.learn(entry)
    names.distrust()
    rules = read_rules(source, load_schema())
    nodes, edges = _Rows(number), _Rows(number)
    for done, entry in enumerate(entries):
        if done % 500 == 0:
            progress(stage, done, len(entries))
        for node in entry["nodes"]:
            curie = names.curie(node["id"])
            nodes.add(
                line=node.line, key=curie, kind=names.kind(curie), id=curie, name=node["name"],
                synonyms=list(node.get("alt_names", ())), xrefs=names.xrefs(curie, node), description="",
            )  # fmt: skip
        _links(entry, names, rules, edges)
    for part, rows in (("nodes", nodes), ("edges", edges)):
        refused = [*rejects[part], *rows.rejects]
        staging.rows_read[part] += len(rows.columns["file"]) + len(refused)
        if rows.columns["file"]:
            staging.insert(f"{part[:-1]}_rows", rows.columns)
        staging.reject(part, number, refused)
    progress(stage, len(entries), len(entries))


def _links(entry: Lined, names: _Names, rules: dict[str, list[Rule]], edges: _Rows) -> None:
    """A path's links and its indication as edges."""
    own = names.curie
    about = {
        "licence": "CC0-1.0",
        "references": _references(entry.get("reference")),
        "mechanisms": [entry["graph"]["_id"]],
    }
    present = [own(node["id"]) for node in entry["nodes"]]
    for link in entry["links"]:
        start, end = own(link["source"]), own(link["target"])
        text = json.dumps({**link, "path": entry["graph"]["_id"]}, ensure_ascii=False)
        if start not in present or end not in present:
            edges.rejects.append((link.line, "unknown id", start if start not in present else end, text))
            continue
        kinds = names.kind(start), names.kind(end)
        rule, reason = first_rule(rules, link["key"], kinds)
        if rule is None:
            edges.rejects.append((link.line, reason, f"{kinds[0]} {link['key']} {kinds[1]}", text))
            continue
        if rule.reverse:
            start, end = end, start
        edges.add(
            line=link.line, relation=rule.relation, start=start, end=end, action=rule.action,
            evidence=link["key"], **about,
        )  # fmt: skip
    drug = next((curie for curie in present if names.roles.get(curie) and names.kind(curie) == "Drug"), "")
    disease = own(entry["graph"].get("disease_mesh", ""))
    if drug and disease in present and names.kind(disease) == "Disease":
        edges.add(
            line=entry.line, relation="TREATS", start=drug, end=disease, action="",
            evidence="indication", **about,
        )  # fmt: skip
    else:
        edges.rejects.append(
            (entry.line, "path without its drug or disease among its nodes", entry["graph"]["_id"], "")
        )
