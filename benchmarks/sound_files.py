"""Small sound files of every supported layout, the input of `hostile_files`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Base", "bases", "parquet"]


@dataclass(frozen=True, slots=True)
class Base:
    """A sound folder.

    Attributes:
        source: the source to load it as; "" for texts.
        files: content by name.
        target: name of the file to change.
        ids: of the target's records, in order.
        value: the target as data, a list of records; None unless it is JSON.
        wrap: writes `value` as the target's content.
    """

    source: str
    files: dict[str, bytes]
    target: str
    ids: tuple[str, ...]
    value: Any = None
    wrap: Callable[[Any], bytes] = lambda value: json.dumps(value).encode()


_STUDY = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT0000000%d", "briefTitle": "A"},
        "statusModule": {"overallStatus": "COMPLETED", "startDateStruct": {"date": "2014-08"}},
        "designModule": {"phases": ["PHASE1"], "enrollmentInfo": {"count": 12}},
        "conditionsModule": {"conditions": ["Gout"]},
        "armsInterventionsModule": {"interventions": [{"type": "DRUG", "name": "x", "otherNames": ["y"]}]},
        "descriptionModule": {"briefSummary": "Some.", "detailedDescription": "More."},
        "referencesModule": {"references": [{"pmid": "1"}]},
    },
    "derivedSection": {"conditionBrowseModule": {"meshes": [{"id": "D000003876", "term": "x"}]}},
    "hasResults": True,
}
_JSONL = {
    "id": "r%d",
    "title": "A",
    "abstract": "Some text.",
    "year": 2001,
    "licence": "CC-BY-4.0",
    "doi": "10.1/%d",
    "url": "https://a.example/%d",
}
_BIOC = {
    "id": "1%d",
    "passages": [
        {"infons": {"type": "title", "year": "2001"}, "text": "A"},
        {"infons": {"section_type": "ABSTRACT", "type": "abstract"}, "text": "Some text."},
    ],
}
_PATH = """- directed: true
  graph: {{_id: P{0}, disease: a, disease_mesh: "MESH:D{0}", drug: b,
    drug_mesh: "MESH:C{0}", drugbank: "DB:DB0000{0}"}}
  links:
  - {{key: treats, source: "MESH:C{0}", target: "MESH:D{0}"}}
  nodes:
  - {{id: "MESH:C{0}", label: Drug, name: drug {0}}}
  - {{id: "MESH:D{0}", label: Disease, name: disease {0}}}
  reference: [https://pubmed.ncbi.nlm.nih.gov/1{0}/]
"""
_TERM = '[Term]\nid: {0}:{1}\nname: disease {1}\nsynonym: "d{1}" EXACT []\nxref: MESH:D{1}\nis_a: {0}:1\n\n'
_PUBMED = (
    "<PubmedArticle><MedlineCitation><PMID>{0}</PMID><Article><ArticleTitle>T</ArticleTitle><Abstract>"
    "<AbstractText>Some text.</AbstractText></Abstract></Article></MedlineCitation></PubmedArticle>\n"
)
_JATS = (
    "<article><front><article-meta><article-id pub-id-type='pmcid'>PMC{0}</article-id><title-group>"
    "<article-title>T</article-title></title-group><abstract><p>Short.</p></abstract></article-meta></front>"
    "<body><sec><title>Results</title><p>Long.</p></sec></body></article>\n"
)
_NUMBERS = (1, 2, 3, 4)


def _numbered(record: Any, number: int) -> Any:
    """A record with its number in place of `%d`."""
    return json.loads(json.dumps(record).replace("%d", str(number)))


def _hetnet(nodes: list[Any]) -> bytes:
    edge = {
        "source_id": ["Gene", 1],
        "target_id": ["Gene", 4],
        "kind": "interacts",
        "data": {"sources": ["x"]},
    }
    return json.dumps({"nodes": nodes, "edges": [edge]}).encode()


def parquet(columns: dict[str, list[Any]]) -> bytes:
    """Content of a Parquet file with the given columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def _own(separator: str) -> dict[str, bytes]:
    nodes = [["kind", "id", "name"], *(["Gene", f"NCBIGene:{n}", f"gene {n}"] for n in _NUMBERS)]
    edges = [
        ["relation", "start", "end", "licence"],
        ["INTERACTS_WITH", "NCBIGene:1", "NCBIGene:4", "CC0-1.0"],
    ]
    suffix = "csv" if separator == "," else "tsv"
    return {
        f"{name}.{suffix}": "".join(separator.join(row) + "\n" for row in rows).encode()
        for name, rows in (("nodes", nodes), ("edges", edges))
    }


def bases() -> dict[str, Base]:
    """A folder of each layout, by the layout's name."""
    genes = tuple(f"NCBIGene:{n}" for n in _NUMBERS)
    studies = [_numbered(_STUDY, n) for n in _NUMBERS]
    plain_records = [_numbered(_JSONL, n) for n in _NUMBERS]
    bioc = [_numbered(_BIOC, n) for n in _NUMBERS]
    trials = tuple(f"NCT:NCT0000000{n}" for n in _NUMBERS)
    nodes = [
        {"kind": "Gene", "identifier": n, "name": f"gene {n}", "data": {"description": "x"}} for n in _NUMBERS
    ]

    def json_lines(value: Any) -> bytes:
        return "".join(json.dumps(item) + "\n" for item in value).encode()

    def trials_page(value: Any) -> bytes:
        return json.dumps({"studies": value, "nextPageToken": "x"}).encode()

    def text_base(source: str, name: str, content: str, ids: tuple[str, ...]) -> Base:
        return Base(source, {name: content.encode()}, name, ids)

    def json_base(
        source: str, name: str, value: list[Any], ids: tuple[str, ...], wrap: Callable[[Any], bytes]
    ) -> Base:
        return Base(source, {name: wrap(value)}, name, ids, value, wrap)

    kgx = {
        "nodes.tsv": "id\tcategory\tname\n"
        + "".join(f"NCBIGene:{n}\tbiolink:Gene\tg{n}\n" for n in _NUMBERS),
        "edges.tsv": "subject\tpredicate\tobject\nNCBIGene:1\tbiolink:interacts_with\tNCBIGene:4\n",
    }
    biocypher = {
        "Gene-header.csv": ":ID;name;:LABEL\n",
        "Gene-part000.csv": "".join(f"'NCBIGene:{n}';'g{n}';'Gene'\n" for n in _NUMBERS),
    }
    opentargets = {
        "association_overall_direct/a.parquet": parquet(
            {"targetId": ["ENSG1", "ENSG2"], "diseaseId": ["EFO_1", "EFO_2"], "associationScore": [0.5, 0.6]}
        )
    }
    own_parquet = {
        "nodes.parquet": parquet(
            {"kind": ["Gene"] * 4, "id": list(genes), "name": [f"g{n}" for n in _NUMBERS]}
        ),
        **{name: content for name, content in _own("\t").items() if name.startswith("edges")},
    }
    notes = "ROW_ID,SUBJECT_ID,HADM_ID,CHARTDATE,CATEGORY,DESCRIPTION,ISERROR,TEXT\n" + "".join(
        f'{n},1,2,2101-01-01,Nursing,x,,"Gout, ""bad""."\n' for n in _NUMBERS
    )
    hgnc = "hgnc_id\tsymbol\tname\tlocus_group\tstatus\talias_symbol\tprev_symbol\tentrez_id\t"
    hgnc += "ensembl_gene_id\tuniprot_ids\n"
    hgnc += "".join(f'HGNC:{n}\tG{n}\t"gene {n}"\tx\tApproved\t"A|B"\t\t{n}\t\t\n' for n in _NUMBERS)
    return {
        "doid": text_base(
            "doid",
            "doid.obo",
            "format-version: 1.2\n\n" + "".join(_TERM.format("DOID", n) for n in _NUMBERS),
            tuple(f"DOID:{n}" for n in _NUMBERS),
        ),
        "mondo": text_base(
            "mondo",
            "mondo.obo",
            "ontology: mondo\n\n" + "".join(_TERM.format("MONDO", n) for n in _NUMBERS),
            tuple(f"MONDO:{n}" for n in _NUMBERS),
        ),
        "drugmechdb": text_base(
            "drugmechdb",
            "indication_paths.yaml",
            "".join(map(_PATH.format, _NUMBERS)),
            tuple(f"DRUGBANK:DB0000{n}" for n in _NUMBERS),
        ),
        "hetnet": json_base("hetionet-json", "hetionet-v1.0.json", nodes, genes, _hetnet),
        "trials": json_base("clinicaltrials", "page.json", studies, trials, trials_page),
        "trials, a line each": json_base("clinicaltrials", "studies.jsonl", studies, trials, json_lines),
        "own tables": Base("kedrec", _own("\t"), "nodes.tsv", genes),
        "own tables, csv": Base("kedrec", _own(","), "nodes.csv", genes),
        "own parquet": Base("kedrec", own_parquet, "nodes.parquet", genes),
        "kgx": Base("kgx", {name: content.encode() for name, content in kgx.items()}, "nodes.tsv", genes),
        "biocypher": Base(
            "biocypher",
            {name: content.encode() for name, content in biocypher.items()},
            "Gene-part000.csv",
            genes,
        ),
        "open targets": Base("opentargets", opentargets, "association_overall_direct/a.parquet", ()),
        "hgnc": text_base("hgnc", "hgnc_complete_set.txt", hgnc, genes),
        "pubmed": text_base(
            "",
            "a.xml",
            f"<PubmedArticleSet>{''.join(map(_PUBMED.format, _NUMBERS))}</PubmedArticleSet>",
            tuple(f"pubmed:{n}" for n in _NUMBERS),
        ),
        "jats": text_base(
            "",
            "a.nxml",
            f"<pmc-articleset>{''.join(map(_JATS.format, _NUMBERS))}</pmc-articleset>",
            tuple(f"pmc:PMC{n}" for n in _NUMBERS),
        ),
        "studies as texts": json_base(
            "", "page.json", studies, tuple(f"trials:{item[4:]}" for item in trials), trials_page
        ),
        "bioc": json_base(
            "",
            "b.json",
            bioc,
            tuple(f"bioc:1{n}" for n in _NUMBERS),
            lambda value: json.dumps({"documents": value}).encode(),
        ),
        "plain records": json_base(
            "", "r.jsonl", plain_records, tuple(f"jsonl:r{n}" for n in _NUMBERS), json_lines
        ),
        "notes": text_base("", "NOTEEVENTS.csv", notes, tuple(f"mimic:{n}" for n in _NUMBERS)),
    }
