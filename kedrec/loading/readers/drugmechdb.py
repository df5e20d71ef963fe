"""Reader of DrugMechDB: every link becomes an edge with its curated paths, every path an indication.

A path of which its curators' comment says that the drug is contraindicated states that alone; one that they
found no support for is left out. `loaders/drugmechdb.yaml` maps the predicates between kinds of nodes to
relations.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from kedrec.errors import DataError
from kedrec.loading.kind_families import FAMILIES
from kedrec.loading.readers.predicate_rules import Rule, first_rule, read_rules
from kedrec.loading.readers.yaml_lines import LineMapping, yaml_records
from kedrec.loading.source_records import former_name
from kedrec.loading.sources import Source, find_files
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.common.text_files import BadLine
    from kedrec.loading.staging import Staging

__all__ = ["read_drugmechdb", "reference_curie"]

_Reject: TypeAlias = tuple[int, str, str, str]
"""Line, reason, detail and text."""
_DRUGBANK = re.compile(r"DB:DB\d{5}")
_BLANK_ENDS = re.compile(r"^[\s\u200b\ufeff]+|[\s\u200b\ufeff]+\Z")  # pasted with some ids
_WORD = re.compile(r"\w{4,}")
_SALTS = frozenset({"acetate", "citrate", "hydrochloride", "phosphate", "sodium", "sulfate"})
_PUBMED = re.compile(
    r"https?://(?:www\.)?(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed|europepmc\.org/article/MED)"
    r"/(\d+)/?(?:[?#].*)?"
)
_PMC = re.compile(r"https?://(?:www\.|pmc\.)?ncbi\.nlm\.nih\.gov/(?:pmc/)?articles/(PMC\d+)/?(?:[?#].*)?")
_DOI = re.compile(r"(?:DOI:\s*)?(?:https?://(?:dx\.)?doi\.org/|DOI:\s*)(10\.\d{4,9}/[^\s?#]+)", re.IGNORECASE)


def reference_curie(text: str) -> str:
    """Converts a reference to a CURIE (`PMID:`, `PMCID:`, `DOI:`) or an https URL; "" if it is neither."""
    text = text.strip()
    if match := _PUBMED.fullmatch(text):
        return f"PMID:{match[1]}"
    if match := _PMC.fullmatch(text):
        return f"PMCID:{match[1]}"
    if match := _DOI.fullmatch(text):
        return f"DOI:{match[1]}"
    url = re.sub(r"^\w*https?://", "https://", text)
    return url if re.fullmatch(r"https://\S+", url) else ""


class _PathNodes:
    """Kinds and cross-references of the nodes of all paths."""

    def __init__(self, source: Source) -> None:
        self.labels: dict[str, str] = source.mapping["labels"]
        self.prefixes: dict[str, str] = source.mapping["prefixes"]
        self.order = [kind for family in FAMILIES for kind in family]
        self.votes: dict[str, Counter[str]] = defaultdict(Counter)
        self.roles: dict[str, Counter[str]] = defaultdict(Counter)
        self.drugbank: dict[str, set[str]] = defaultdict(set)
        self.words: dict[str, set[str]] = defaultdict(set)

    def curie(self, raw: str) -> str:
        """Converts an id to the schema's prefix, without what is invisible at its ends."""
        prefix, colon, local = _BLANK_ENDS.sub("", raw).partition(":")
        return f"{self.prefixes.get(prefix, prefix)}{colon}{local}"

    def add_path(self, path: LineMapping) -> None:
        """Counts the kinds that a path gives to its nodes, and the roles of its drug and its disease."""
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
        """Kind of an id: its role in its paths, else the kind in most paths."""
        votes = self.roles.get(curie) or self.votes[curie]
        if "Drug" in votes and set(votes) <= {"Drug", "Chemical"}:
            return "Drug"
        return min(
            votes, key=lambda kind: (-votes[kind], self.order.index(kind) if kind in self.order else -1, kind)
        )

    def drop_wrong_ids(self) -> None:
        """Drops wrong DrugBank ids, which would join different drugs.

        Two drugs with one DrugBank id are salts or esters of one drug if their names share a word
        (betamethasone, betamethasone acetate); otherwise one of them has the id by mistake.
        """
        drugs_by_bank: dict[str, set[str]] = defaultdict(set)
        for curie, banks in self.drugbank.items():
            for bank in banks - {curie}:
                drugs_by_bank[bank].add(curie)
        for bank, drugs in drugs_by_bank.items():
            if not set.intersection(*(self.words[drug] - _SALTS for drug in drugs)):
                for drug in drugs:
                    self.drugbank[drug].discard(bank)

    def xrefs(self, curie: str, node: LineMapping) -> list[str]:
        """Cross-references of a node; omits several DrugBank ids of one drug: at least one is wrong."""
        xrefs = [self.curie(x) for x in node.get("alt_ids", ()) if self.kind(curie) != "Drug"]
        drugbank_ids = self.drugbank.get(curie, set())
        return xrefs + (list(drugbank_ids) if len(drugbank_ids) == 1 else [])


class _ColumnRows:
    """Rows of one file, collected by column, and its rejected rows."""

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
    # YAML can encode NUL, which a graph can't store.
    return isinstance(value, str) and "\0" not in value


def _problem(entry: Any) -> str:
    """Reason why an item isn't a path; "" if it is one, whatever its nodes and links are."""
    if not isinstance(entry, LineMapping) or not isinstance(entry.get("graph"), LineMapping):
        return "not a path with a graph, nodes and links"
    graph = entry["graph"]
    if not all(isinstance(entry.get(part), list) for part in ("nodes", "links")):
        return "not a path with a graph, nodes and links"
    if not _is_text(graph.get("_id")) or not all(_is_text(graph.get(name, "")) for name in _TEXTS["graph"]):
        return "something else where the path's graph has text"
    return ""


def _node_problem(node: Any) -> str:
    if not isinstance(node, LineMapping) or not all(_is_text(node.get(name)) for name in _TEXTS["node"]):
        return "not a node with an id, a label and a name"
    for name in _LISTS:
        listed = node.get(name, [])
        if not isinstance(listed, list) or not all(map(_is_text, listed)):
            return f"something else than texts in {name}"
    return ""


def _is_link(link: Any) -> bool:
    return isinstance(link, LineMapping) and all(
        _is_text(link.get(name)) for name in ("key", "source", "target")
    )


def _references(value: Any) -> list[str]:
    """Converts a path's references, one or a list; ignores items that aren't text."""
    texts = value if isinstance(value, list) else [value]
    return [curie for text in texts if isinstance(text, str) and (curie := reference_curie(text))]


def _text(item: Any) -> str:
    """Formats an item as JSON for the reject file."""
    return json.dumps(item, ensure_ascii=False)[:1000]


def _entries(
    plain: Path, path: Path, bad: list[BadLine], rejects: dict[str, list[_Reject]]
) -> list[LineMapping]:
    """Reads the paths of a file with their valid nodes and links; the others are added to `rejects`."""
    entries = []
    with plain.open(encoding="utf-8", newline="\n") as lines:
        for record in yaml_records(lines, path, {line.line: line.reason for line in bad}):
            entry = record.value
            if problem := record.problem or _problem(entry):
                reason, _, detail = problem.partition(": ")
                rejects["edges"].append((record.line, reason, detail, _text(entry)))
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
    """Reads the paths into `node_rows` and `edge_rows`: a row for each node mention, link and indication.

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
    path_nodes = _PathNodes(source)
    for entry in entries:
        path_nodes.add_path(entry)
    path_nodes.drop_wrong_ids()
    rules = read_rules(source, load_schema())
    comments = {
        meaning: re.compile(pattern, re.IGNORECASE) for meaning, pattern in source.mapping["comments"].items()
    }
    nodes, edges = _ColumnRows(number), _ColumnRows(number)
    for done, entry in enumerate(entries):
        if done % 500 == 0:
            progress(stage, done, len(entries))
        for node in entry["nodes"]:
            curie = path_nodes.curie(node["id"])
            nodes.add(
                line=node.line, key=curie, kind=path_nodes.kind(curie), id=curie,
                name=former_name(node["name"]), synonyms=list(node.get("alt_names", ())),
                xrefs=path_nodes.xrefs(curie, node), description="",
            )  # fmt: skip
        _add_edges(entry, path_nodes, rules, comments, edges)
    for part, rows in (("nodes", nodes), ("edges", edges)):
        rejected = [*rejects[part], *rows.rejects]
        staging.rows_read[part] += len(rows.columns["file"]) + len(rejected)
        if rows.columns["file"]:
            staging.insert(f"{part[:-1]}_rows", rows.columns)
        staging.reject(part, number, rejected)
    progress(stage, len(entries), len(entries))


def _add_edges(
    entry: LineMapping,
    path_nodes: _PathNodes,
    rules: dict[str, list[Rule]],
    comments: dict[str, re.Pattern[str]],
    edges: _ColumnRows,
) -> None:
    """Adds a path's links and its indication, or its contraindication, as edges."""
    comment = entry.get("comment")
    comment = " ".join(comment.split()) if isinstance(comment, str) else ""
    if comments["unsupported"].search(comment):
        edges.rejects.append(
            (entry.line, "path without support, by its curators", entry["graph"]["_id"], comment[:1000])
        )
        return
    sources = {"licence": "CC0-1.0", "references": _references(entry.get("reference"))}
    if comments["contraindicated"].search(comment):
        _add_pair(
            entry, path_nodes, edges, "CONTRAINDICATED_FOR", f"curators: {comment}", **sources, mechanisms=[]
        )
        return
    attributes = {**sources, "mechanisms": [entry["graph"]["_id"]]}
    node_ids = [path_nodes.curie(node["id"]) for node in entry["nodes"]]
    for link in entry["links"]:
        start, end = path_nodes.curie(link["source"]), path_nodes.curie(link["target"])
        text = json.dumps({**link, "path": entry["graph"]["_id"]}, ensure_ascii=False)
        if start not in node_ids or end not in node_ids:
            edges.rejects.append((link.line, "unknown id", start if start not in node_ids else end, text))
            continue
        kinds = path_nodes.kind(start), path_nodes.kind(end)
        rule, reason = first_rule(rules, link["key"], kinds)
        if rule is None:
            edges.rejects.append((link.line, reason, f"{kinds[0]} {link['key']} {kinds[1]}", text))
            continue
        if rule.reverse:
            start, end = end, start
        edges.add(
            line=link.line, relation=rule.relation, start=start, end=end, action=rule.action,
            evidence=link["key"], **attributes,
        )  # fmt: skip
    _add_pair(entry, path_nodes, edges, "TREATS", "indication", **attributes)


def _add_pair(
    entry: LineMapping,
    path_nodes: _PathNodes,
    edges: _ColumnRows,
    relation: str,
    evidence: str,
    **attributes: Any,
) -> None:
    """Adds an edge from a path's drug to its disease."""
    node_ids = [path_nodes.curie(node["id"]) for node in entry["nodes"]]
    drug = next(
        (curie for curie in node_ids if path_nodes.roles.get(curie) and path_nodes.kind(curie) == "Drug"), ""
    )
    disease = path_nodes.curie(entry["graph"].get("disease_mesh", ""))
    if drug and disease in node_ids and path_nodes.kind(disease) == "Disease":
        edges.add(
            line=entry.line, relation=relation, start=drug, end=disease, action="",
            evidence=evidence, **attributes,
        )  # fmt: skip
    else:
        edges.rejects.append(
            (entry.line, "path without its drug or disease among its nodes", entry["graph"]["_id"], "")
        )
