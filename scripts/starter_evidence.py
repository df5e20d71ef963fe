"""Look-up of entities and facts in the public data of shared/data.

Used by check_starter.py only, to check facts written by hand; it generates none.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

HETIONET_PREFIX = {
    "Compound": "DRUGBANK:",
    "Gene": "NCBIGene:",
    "Disease": "",
    "Anatomy": "",
    "Symptom": "MESH:",
    "Side Effect": "UMLS:",
    "Pharmacologic Class": "NDFRT:",
    "Biological Process": "",
    "Molecular Function": "",
    "Cellular Component": "",
}
# Hetionet metaedges that confirm a relation; True: the file states the fact from end to start.
METAEDGES: dict[str, list[tuple[str, bool]]] = {
    "TREATS": [("CtD", False)],
    "PALLIATES": [("CpD", False), ("CtD", False)],
    "BINDS": [("CbG", False)],
    "UPREGULATES": [("CuG", False), ("DuG", False), ("AuG", False)],
    "DOWNREGULATES": [("CdG", False), ("DdG", False), ("AdG", False)],
    "ASSOCIATED_WITH": [("DaG", False)],
    "INTERACTS_WITH": [("GiG", False), ("GiG", True)],
    "REGULATES": [("GrG", False)],
    "COVARIES_WITH": [("GcG", False), ("GcG", True)],
    "PARTICIPATES_IN": [("GpPW", False), ("GpBP", False), ("GpMF", False), ("GpCC", False)],
    "RESEMBLES": [("CrC", False), ("CrC", True), ("DrD", False), ("DrD", True)],
    "PRESENTS": [("DpS", False)],
    "LOCALIZES_TO": [("DlA", False)],
    "EXPRESSED_IN": [("AeG", True)],
    "CAUSES": [("CcSE", False)],
    "MEMBER_OF": [("PCiC", True)],
}
# Relations for which a DrugMechDB link confirms in whichever direction its curator drew it.
EITHER_WAY = {
    "BINDS",
    "ASSOCIATED_WITH",
    "INTERACTS_WITH",
    "CORRELATED_WITH",
    "PRESENTS",
    "LOCALIZES_TO",
    "EXPRESSED_IN",
    "RESEMBLES",
    "PARTICIPATES_IN",
    "LOCATED_IN",
    "CONTRIBUTES_TO",
}
# Relations that only these DrugMechDB links confirm.
TREATING = {"indication", "treats", "prevents", "ameliorates"}
LINK_KEYS = {
    "TREATS": TREATING,
    "PALLIATES": TREATING,
    "CONTRAINDICATED_FOR": {"contraindicated for"},
    "IS_A": {"subclass of"},
}
# Labels of the smaller sources that confirm a relation.
OTHER_LABELS = {
    "BINDS": {"drkg-target": "DRKG target"},
    "TREATS": {"drkg-treats": "DRKG treats", "rephetio-treats": "Rephetio"},
    "PALLIATES": {
        "drkg-treats": "DRKG treats",
        "rephetio-treats": "Rephetio",
        "rephetio-palliates": "Rephetio",
    },
}
PMID_URL = re.compile(r"(?:pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/pubmed/)(\d+)")


def normal(text: str) -> str:
    """Normalises a name: lower case, no punctuation or possessives, words sorted."""
    text = re.sub("['\u2019]s\\b", "", text.lower()).replace("tumour", "tumor").replace("ae", "e")
    words = re.findall(r"[a-z0-9]+", text)
    return " ".join(sorted(words))


def hetionet_id(raw: str) -> str:
    """KEDRec's id of a Hetionet node, as in the loader."""
    kind, _, local = raw.partition("::")
    if kind == "Pathway":
        return "WIKIPATHWAYS:" + local.split("_")[0] if local.startswith("WP") else local.replace("_", ":", 1)
    return HETIONET_PREFIX[kind] + local


def drugmechdb_id(raw: str) -> str:
    """KEDRec's id of a DrugMechDB node."""
    prefix, _, local = str(raw).partition(":")
    renamed = {
        "DB": "DRUGBANK",
        "UniProt": "UNIPROT",
        "reactome": "REACTOME",
        "taxonomy": "NCBITaxon",
        "InterPro": "INTERPRO",
        "Pfam": "PFAM",
    }
    return f"{renamed.get(prefix, prefix)}:{local}"


def table(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a (gzipped) tab-separated file with a header line."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as handle:
        yield from csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)


def records(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a gzipped JSON-lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as handle:
        for line in handle:
            yield json.loads(line)


def drugmechdb(path: Path) -> list[dict[str, Any]]:
    """DrugMechDB's paths in brief, cached in the temporary folder since parsing the YAML takes seconds."""
    stat = path.stat()
    cache = Path(tempfile.gettempdir()) / f"kedrec-drugmechdb-{stat.st_size}-{int(stat.st_mtime)}.json"
    if cache.exists():
        cached: list[dict[str, Any]] = json.loads(cache.read_text(encoding="utf-8"))
        return cached
    with gzip.open(path, "rt", encoding="utf-8") as handle:
        raw = yaml.load(handle, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both safe
    slim = []
    for entry in raw:
        graph = entry["graph"]
        slim.append(
            {
                "drug": [drugmechdb_id(graph[key]) for key in ("drug_mesh", "drugbank") if graph.get(key)],
                "drug_name": str(graph["drug"]),
                "disease": drugmechdb_id(graph["disease_mesh"]),
                "disease_name": str(graph["disease"]),
                "nodes": [
                    [drugmechdb_id(node["id"]), str(node["name"]), node["label"]] for node in entry["nodes"]
                ],
                "links": [
                    [drugmechdb_id(link["source"]), link["key"], drugmechdb_id(link["target"])]
                    for link in entry["links"]
                ],
                "pmids": sorted(
                    {pmid for url in entry.get("reference") or [] for pmid in PMID_URL.findall(str(url))}
                ),
            }
        )
    cache.write_text(json.dumps(slim), encoding="utf-8")
    return slim


class PublicData:
    """Names of ids, and facts about pairs of the starter graph's ids."""

    def __init__(self, data: Path, curies: Iterable[str]) -> None:
        self.data = data
        self.names: dict[str, set[str]] = defaultdict(set)
        self.mentions: dict[str, set[str]] = defaultdict(set)
        self.unnamed_ids: set[str] = set()  # of DRKG's triples, which lack names
        self.equivalent_ids: dict[str, set[str]] = defaultdict(set)
        self.edges: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.binding: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
        self.links: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.paths: dict[str, set[int]] = defaultdict(set)
        self.path_pmids: list[set[str]] = []
        self.subsumed: set[tuple[str, str]] = set()
        self._read_names()
        self.ids: set[str] = set()
        for curie in curies:
            self.ids |= self.equivalents(curie)
        self._read_edges()
        self._read_drugmechdb_links()
        self._texts: dict[str, str] | None = None

    def equivalents(self, curie: str) -> set[str]:
        """The id itself and the ids of the same entity in the data."""
        return {curie} | self.equivalent_ids.get(curie, set())

    def carries(self, curie: str, names: set[str]) -> bool | None:
        """True if one of the names is the id's in the data; None if the data have no name for it.

        A mention that annotators tagged in a text may be longer than the name ("childhood absence seizures").
        """
        normal_names = {normal(name) for name in names}
        known_names, tagged_texts = self.names.get(curie, set()), self.mentions.get(curie, set())
        if normal_names & {normal(name) for name in known_names | tagged_texts}:
            return True
        tagged_words = [set(normal(text).split()) for text in tagged_texts]
        if any(set(name.split()) <= words for name in normal_names for words in tagged_words):
            return True
        return False if known_names else None

    def _join(self, first: str, second: str) -> None:
        self.equivalent_ids[first].add(second)
        self.equivalent_ids[second].add(first)

    def _read_names(self) -> None:
        hetionet = self.data / "hetionet"
        for row in table(hetionet / "nodes.tsv"):
            self.names[hetionet_id(row["id"])].add(row["name"])
        attributes = hetionet / "attributes"
        for row in table(attributes / "genes.tsv.gz"):
            curie = "NCBIGene:" + row["GeneID"]
            self.names[curie] |= {row["Symbol"], row["description"], *row["Synonyms"].split("|")}
        for row in table(attributes / "compounds-drugbank-slim.tsv.gz"):
            self.names["DRUGBANK:" + row["drugbank_id"]].add(row["name"])
        with gzip.open(attributes / "compound-aliases.json.gz", "rt", encoding="utf-8") as handle:
            for local, aliases in json.load(handle).items():
                self.names["DRUGBANK:" + local] |= set(aliases)
        for row in table(attributes / "disease-synonyms.tsv"):
            self.names[row["doid"]].add(row["text"])
        for row in table(attributes / "pharmacologic-classes.tsv"):
            self.names["NDFRT:" + row["class_id"]].add(row["class_name"])
        for row in table(attributes / "uniprot-to-entrez.tsv"):
            self._join("UNIPROT:" + row["uniprot_id"], "NCBIGene:" + row["entrez_gene_id"])
        self._read_disease_xrefs()
        self._read_other_names()

    def _read_disease_xrefs(self) -> None:
        attributes = self.data / "hetionet" / "attributes"
        renamed = {"MSH": "MESH", "OMIM": "OMIM", "UMLS": "UMLS"}
        direct: set[tuple[str, str]] = set()
        for row in table(attributes / "disease-xrefs-slim.tsv"):
            if row["resource"] in renamed:
                other = f"{renamed[row['resource']]}:{row['resource_id']}"
                direct.add((row["doid_code"], other))
                if row["resource"] == "MSH":
                    self._join(row["doid_code"], other)
        for row in table(attributes / "disease-xrefs-prop-slim.tsv"):
            if row["resource"] in renamed:
                other = f"{renamed[row['resource']]}:{row['resource_id']}"
                if (row["doid_code"], other) not in direct:
                    self.subsumed.add((other, row["doid_code"]))

    def _read_other_names(self) -> None:
        for path in drugmechdb(self.data / "drugmechdb" / "indication_paths.yaml.gz"):
            for curie, name, _ in path["nodes"]:
                self.names[curie].add(name)
            for curie in path["drug"]:
                self.names[curie].add(path["drug_name"])
            self.names[path["disease"]].add(path["disease_name"])
            if len(path["drug"]) == 2:
                self._join(*path["drug"])
        for record in records(self.data / "text" / "bc5cdr" / "records.jsonl.gz"):
            for _, _, text, _, local in record["entities"]:
                for curie in str(local).split("|"):
                    self.mentions["MESH:" + curie].add(text)

    def _read_edges(self) -> None:
        for metaedge in sorted({name for rules in METAEDGES.values() for name, _ in rules}):
            for row in table(self.data / "hetionet" / "edges" / f"{metaedge}.tsv.gz"):
                start, end = hetionet_id(row["source"]), hetionet_id(row["target"])
                if start in self.ids and end in self.ids:
                    self.edges[start, end].add(metaedge)
        for row in table(self.data / "hetionet" / "attributes" / "CbG-binding.tsv.gz"):
            key = ("DRUGBANK:" + row["drugbank_id"], "NCBIGene:" + row["entrez_gene_id"])
            if key[0] in self.ids:
                self.binding[key] = (
                    set(filter(None, row["actions"].split("|"))),
                    set(filter(None, row["pubmed_ids"].split("|"))),
                )
        sample = self.data / "drkg-sample"
        for row in table(sample / "drugbank_triplets_CtargetG.tsv.gz"):
            key = ("DRUGBANK:" + row["drugbank_id"], "NCBIGene:" + row["entrez_gene_id"])
            self.unnamed_ids.add(key[0])
            if key[0] in self.ids:
                self.edges[key].add("drkg-target")
        for row in table(sample / "drugbank_triplets_CtreatD_mesh.tsv.gz"):
            self.unnamed_ids |= {"DRUGBANK:" + row["drugbank_id"], "MESH:" + row["mesh_id"]}
            self.edges["DRUGBANK:" + row["drugbank_id"], "MESH:" + row["mesh_id"]].add("drkg-treats")
        for line in (sample / "slim_CtD.tsv").read_text(encoding="utf-8").splitlines():
            drug, _, disease = line.split("\t")
            self.unnamed_ids |= {"DRUGBANK:" + drug.split("::")[1], disease.split("::")[1]}
            self.edges["DRUGBANK:" + drug.split("::")[1], disease.split("::")[1]].add("drkg-treats")
        for row in table(self.data / "rephetio" / "indications.tsv"):
            label = "rephetio-treats" if row["rel_type"] == "TREATS_CtD" else "rephetio-palliates"
            self.edges["DRUGBANK:" + row["compound_id"], row["disease_id"]].add(label)

    def _read_drugmechdb_links(self) -> None:
        for number, path in enumerate(drugmechdb(self.data / "drugmechdb" / "indication_paths.yaml.gz")):
            self.path_pmids.append(set(path["pmids"]))
            for curie in [node[0] for node in path["nodes"]] + path["drug"] + [path["disease"]]:
                self.paths[curie].add(number)
            for source, key, target in path["links"]:
                self.links[source, target].add(key)
            for drug in path["drug"]:
                self.links[drug, path["disease"]].add("indication")

    def confirmations(self, relation: str, starts: set[str], ends: set[str]) -> tuple[set[str], set[str]]:
        """Sources that state a fact, and the names of DrugMechDB's links from start to end."""
        sources: set[str] = set()
        keys: set[str] = set()
        for start in starts:
            for end in ends:
                for metaedge, reverse in METAEDGES.get(relation, []):
                    if metaedge in self.edges.get((end, start) if reverse else (start, end), ()):
                        sources.add("Hetionet " + metaedge)
                labels = self.edges.get((start, end), set())
                other_labels = OTHER_LABELS.get(relation, {})
                sources |= {source for label, source in other_labels.items() if label in labels}
                if relation == "IS_A" and (start, end) in self.subsumed:
                    sources.add("DO cross-reference of a subtype")
                keys |= self.links.get((start, end), set()) - {"indication"}
                if self._linked(relation, start, end):
                    sources.add("DrugMechDB")
        return sources, keys

    def _linked(self, relation: str, start: str, end: str) -> bool:
        """True if a DrugMechDB path has a link that states the relation."""
        keys = self.links.get((start, end), set())
        if relation in LINK_KEYS:
            return bool(keys & LINK_KEYS[relation])
        return bool(keys - {"indication"}) or (relation in EITHER_WAY and (end, start) in self.links)

    def binding_actions(self, starts: set[str], ends: set[str]) -> tuple[set[str], set[str]]:
        """DrugBank's actions and PubMed ids for a drug and a gene."""
        actions: set[str] = set()
        pmids: set[str] = set()
        for start in starts:
            for end in ends:
                row = self.binding.get((start, end))
                if row:
                    actions |= row[0]
                    pmids |= row[1]
        return actions, pmids

    def pmid_support(
        self, pmid: str, starts: set[str], ends: set[str], start_names: set[str], end_names: set[str]
    ) -> str | None:
        """Describes how the data link a PMID to both ends; None without its text."""
        if pmid in self.binding_actions(starts, ends)[1]:
            return "cited by Hetionet CbG for the pair"
        path_numbers = {number for curie in starts for number in self.paths.get(curie, ())} & {
            number for curie in ends for number in self.paths.get(curie, ())
        }
        if any(pmid in self.path_pmids[number] for number in path_numbers):
            return "cited by DrugMechDB for both"
        text = self.texts().get(pmid)
        if text is None:
            return None
        return (
            "abstract names both"
            if mentions(text, start_names) and mentions(text, end_names)
            else "abstract held, but does not name both"
        )

    def texts(self) -> dict[str, str]:
        """Title and abstract by PubMed id, of the texts in shared/data; read on first use."""
        if self._texts is None:
            self._texts = {}
            folder = self.data / "text"
            for part in ("pubmed-abstracts", "bc5cdr"):
                for record in records(folder / part / "records.jsonl.gz"):
                    self._texts[str(record["pmid"])] = f"{record['title']} {record['abstract']}"
            with gzip.open(folder / "pubmedqa" / "ori_pqal.json.gz", "rt", encoding="utf-8") as handle:
                for pmid, record in json.load(handle).items():
                    parts = [record["QUESTION"], *record["CONTEXTS"], record["LONG_ANSWER"]]
                    self._texts[pmid] = " ".join(parts)
        return self._texts


def mentions(text: str, names: set[str]) -> bool:
    """True if a text has one of the names as words; short symbols in capitals match by case."""
    for name in names:
        flags = 0 if name.isupper() and len(name) < 7 else re.IGNORECASE
        if re.search(r"(?<![A-Za-z0-9])" + re.escape(name) + r"s?(?![A-Za-z0-9])", text, flags):
            return True
    return False
