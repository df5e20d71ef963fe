"""A graph of names without a database, and what names of it stand for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pyarrow as pa

from kedrec.errors import UnknownNameError
from kedrec.naming import NameIndex
from kedrec.stores import NODE_COLUMNS, Fingerprint, GraphStore

Rows = dict[str, list[tuple[str, str, list[str], list[str]]]]

GRAPH: Rows = {
    "Drug": [
        ("DRUGBANK:DB00316", "Acetaminophen", ["Tylenol"], ["MESH:D000082"]),
        ("DRUGBANK:DB00313", "Valproic acid", ["Depakene"], ["MESH:D014635"]),
        ("DRUGBANK:DB00619", "Imatinib", ["Gleevec"], ["CHEMBL:CHEMBL941"]),
        ("DRUGBANK:DB00675", "Tamoxifen", ["Nolvadex"], []),
        ("DRUGBANK:DB01356", "Lithium", [], []),
        ("DRUGBANK:DB00761", "Potassium", [], []),
        ("DRUGBANK:DB00245", "Benzatropine", [], []),
        ("DRUGBANK:DB01288", "Fenoterol", ["Benztropine Mesylate"], []),  # so in a public source
        ("DRUGBANK:DB00207", "Azithromycin", ["Sumamed"], []),
        ("DRUGBANK:DB00199", "Erythromycin", ["Sumamed"], []),
    ],
    "Disease": [
        ("DOID:2377", "multiple sclerosis", ["MS", "disseminated sclerosis"], ["MESH:D009103"]),
        ("DOID:9352", "type 2 diabetes mellitus", ["NIDDM"], ["MESH:D003924"]),
        ("DOID:9744", "type 1 diabetes mellitus", ["IDDM"], ["MESH:D003922"]),
        ("DOID:14330", "Parkinson's disease", [], ["MESH:D010300"]),
        ("DOID:1240", "leukemia", ["leukaemia"], ["MESH:D007938"]),
        ("DOID:5041", "esophageal cancer", ["esophageal tumor"], []),
        ("DOID:1612", "breast cancer", [], ["MESH:D001943"]),
        ("DOID:18", "urinary system disease", [], []),
        ("DOID:2326", "gastroenteritis", ["MS enteritis"], []),
        ("DOID:784", "chronic kidney disease", ["Chronic Renal Disease"], []),
        ("DOID:9953", "B- and T-cell mixed leukemia", [], []),
        ("DOID:1029", "familial periodic paralysis", [], ["MESH:D001943"]),
        ("OMIM:1", "Sclerosis-like disease", ["Old name"], []),
        ("OMIM:2", "Quite another disease", ["Old name"], []),
        ("OMIM:3", "Old names", [], []),
    ],
    "SideEffect": [("UMLS:C0026769", "Multiple sclerosis", [], []), ("UMLS:C0000001", "Nausea", [], [])],
    "Gene": [
        ("NCBIGene:3569", "IL6", ["interleukin 6", "IL-6"], []),
        ("NCBIGene:7124", "TNF", ["TNF-alpha", "tumor necrosis factor"], []),
        ("NCBIGene:3605", "IL17A", ["CTLA8"], []),
    ],
    "BiologicalProcess": [("GO:1", "regulation of apoptosis by TNF", [], [])],
}


def store_of(rows: Rows, *, digest: str = "d", metadata: dict[str, str] | None = None) -> GraphStore:
    def nodes(kind: str, columns: Sequence[str] | None = None) -> pa.Table:
        table = pa.table(
            {
                "id": [row[0] for row in rows[kind]],
                "name": [row[1] for row in rows[kind]],
                "synonyms": pa.array([row[2] for row in rows[kind]], pa.list_(pa.string())),
                "xrefs": pa.array([row[3] for row in rows[kind]], pa.list_(pa.string())),
                "description": [""] * len(rows[kind]),
                "sources": pa.array([[] for _ in rows[kind]], pa.list_(pa.string())),
            },
            schema=NODE_COLUMNS,
        )
        return table.select(list(columns)) if columns else table

    held = Fingerprint(1, {kind: len(values) for kind, values in rows.items()}, {}, digest)
    return cast(
        "GraphStore",
        SimpleNamespace(
            url="memory",
            nodes=nodes,
            fingerprint=lambda: held,
            metadata=lambda: metadata or {},
            blob=lambda _: b"",
        ),
    )


def resolved_among(folder: Path, text: str, *names: str, kind: str = "Drug") -> str:
    """The name that a text resolves to in a graph of these names alone; "" where it is unknown."""
    index = NameIndex.open(
        store_of({kind: [(f"X:{n}", name, [], []) for n, name in enumerate(names)]}), folder
    )
    try:
        return index.resolve(text, kind).name
    except UnknownNameError:
        return ""
    finally:
        index.close()
