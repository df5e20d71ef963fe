"""Small files of several sources with entities in common, in the layouts that their publishers use."""

from __future__ import annotations

import gzip
from pathlib import Path

HETIONET_NODES = """id\tname\tkind
Compound::DB00472\tFluoxetine\tCompound
Compound::DB01175\tEscitalopram\tCompound
Disease::DOID:7148\trheumatoid arthritis\tDisease
Disease::DOID:2377\tmultiple sclerosis\tDisease
Gene::6532\tSLC6A4\tGene
Gene::1565\tCYP2D6\tGene
Side Effect::C0018681\tHeadache\tSide Effect
"""
HETIONET_EDGES = """source\tmetaedge\ttarget
Compound::DB00472\tCbG\tGene::6532
Compound::DB00472\tCbG\tGene::1565
Compound::DB01175\tCrC\tCompound::DB00472
Compound::DB01175\tCtD\tDisease::DOID:2377
Compound::DB00472\tCcSE\tSide Effect::C0018681
Disease::DOID:2377\tDaG\tGene::6532
Gene::6532\tGiG\tGene::1565
"""
DOID = """format-version: 1.2
ontology: doid

[Term]
id: DOID:4
name: disease

[Term]
id: DOID:7148
name: rheumatoid arthritis
synonym: "arthritis or polyarthritis, rheumatic" EXACT []
xref: MESH:D001172
is_a: DOID:4

[Term]
id: DOID:2377
name: multiple sclerosis
xref: MESH:D009103
is_a: DOID:4
"""
MONDO = """format-version: 1.2
ontology: mondo

[Term]
id: MONDO:0000001
name: disease

[Term]
id: MONDO:0008383
name: rheumatoid arthritis
xref: DOID:7148 {source="MONDO:equivalentTo"}
xref: MESH:D001172 {source="MONDO:equivalentTo"}
is_a: MONDO:0000001

[Term]
id: MONDO:0005301
name: multiple sclerosis
xref: DOID:2377 {source="MONDO:equivalentTo"}
is_a: MONDO:0000001
"""
DRUGMECHDB = """
- graph:
    _id: DB00472_MESH_D001172_1
    disease: Rheumatoid arthritis
    disease_mesh: MESH:D001172
    drug: fluoxetine
    drug_mesh: MESH:D005473
    drugbank: DB:DB00472
  nodes:
  - {id: MESH:D005473, label: Drug, name: fluoxetine}
  - {id: UniProt:P31645, label: Protein, name: Serotonin transporter}
  - {id: GO:0004016, label: BiologicalProcess, name: adenylate cyclase activity}
  - {id: MESH:D001172, label: Disease, name: Rheumatoid arthritis}
  links:
  - {source: MESH:D005473, key: decreases activity of, target: UniProt:P31645}
  - {source: UniProt:P31645, key: positively regulates, target: GO:0004016}
  - {source: GO:0004016, key: positively correlated with, target: MESH:D001172}
  reference: [https://pubmed.ncbi.nlm.nih.gov/15774254/]
"""
SIDER = {
    "drug_names.tsv": "CID100003386\tfluoxetine\nCID100002771\tcitalopram\n",
    "meddra_all_se.tsv": "CID100003386\tCID000003386\tC0018681\tPT\tC0018681\tHeadache\n"
    "CID100002771\tCID000002771\tC0027497\tPT\tC0027497\tNausea\n",
}
ORDER = ("hetionet", "drugmechdb", "doid", "mondo", "sider")
"""The sources of `write_sources`, in an order in which each meets what another brought."""


def write_sources(folder: Path) -> Path:
    """Writes the files of the sources in `ORDER`, a folder each, and returns the folder."""
    files = {
        "hetionet/hetionet-v1.0-nodes.tsv": HETIONET_NODES,
        "hetionet/hetionet-v1.0-edges.sif": HETIONET_EDGES,
        "hetionet/attributes/uniprot-to-entrez.tsv": "uniprot_id\tentrez_gene_id\nP31645\t6532\n",
        "doid/doid.obo": DOID,
        "drugmechdb/indication_paths.yaml": DRUGMECHDB,
        **{f"sider/{name}": text for name, text in SIDER.items()},
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "mondo").mkdir()
    (folder / "mondo" / "mondo.obo.gz").write_bytes(gzip.compress(MONDO.encode()))
    return folder
