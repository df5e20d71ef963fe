"""Adds a disease to the links of a graph, for a question about a user's own genes.

Its number is the last, so that all that is stored of a ranking of the graph holds as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kedrec.errors import EmptyGraphError
from kedrec.ranking.adjacency import ALL, PLAIN, Adjacency, compress_table
from kedrec.ranking.metapaths import schema_tables
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kedrec.common.array_file import Arrays
    from kedrec.ranking.adjacency import Table

__all__ = ["GENES_TABLE", "arrays_with_disease"]

_DISEASE = "Disease"
GENES_TABLE: Table = (load_schema().joining("disease gene", _DISEASE, "Gene")[0], _DISEASE, "Gene")
"""The table of the links of the added disease."""


def arrays_with_disease(arrays: Arrays, id: str, genes: Sequence[int]) -> dict[str, NDArray[Any]]:  # noqa: A002  # the field's own name
    """The arrays of a graph with one more disease.

    Args:
        arrays: as `read_adjacency` returns them, with `GENES_TABLE`; others of a ranking stay as they are.
        id: of the disease; sorts after all others.
        genes: numbers of its genes.

    Raises:
        EmptyGraphError: no disease of the graph has a gene, so that its ranking learned nothing of genes.
        ValueError: the id doesn't sort after all others.
    """
    graph, extended = Adjacency(arrays), dict(arrays)
    if not (graph.has_table(GENES_TABLE) and len(graph.incidence(GENES_TABLE, PLAIN).indices)):
        raise EmptyGraphError(
            "No disease of the graph has a gene, so that nothing can be ranked by genes.",
            "Load a source of disease genes: `kedrec-load sources` lists them.",
        )
    ids = graph.ids(_DISEASE)
    if len(ids) and bytes(ids[-1]) >= id.encode():
        raise ValueError(f"{id} sorts before {bytes(ids[-1]).decode()}")
    count = len(ids)
    extended[f"ids/{_DISEASE}"] = np.append(ids, np.array([id.encode()]))
    for table in schema_tables():
        for which in (ALL, PLAIN):
            _append_empty(extended, which, table)
        key = f"mechanisms/{'/'.join(table)}/links"
        if table[2] == _DISEASE and key in arrays:  # a link is start * ends + end
            starts, ends = np.divmod(arrays[key], max(count, 1))
            extended[key] = starts * (count + 1) + ends
    name = "/".join(GENES_TABLE)
    shape = (count + 1, len(graph.ids("Gene")))
    added = np.unique(np.array(genes, np.int64))
    for which in (ALL, PLAIN):
        if f"{which}/{name}/indptr" in arrays:
            links = graph.incidence(GENES_TABLE, which)
            starts = np.concatenate([np.repeat(np.arange(count), links.degrees), np.full(len(added), count)])
            ends = np.concatenate([links.indices.astype(np.int64), added])
            compressed = compress_table(GENES_TABLE, starts, ends, shape)
            extended |= {which + key.removeprefix(ALL): values for key, values in compressed.items()}
    return extended


def _append_empty(arrays: dict[str, NDArray[Any]], which: str, table: Table) -> None:
    """Adds a disease without links to the pointers of a table that has diseases at an end."""
    key = f"{which}/{'/'.join(table)}"
    for end, pointers in ((1, "indptr"), (2, "back_indptr")):
        name = f"{key}/{pointers}"
        if table[end] == _DISEASE and name in arrays:
            arrays[name] = np.append(arrays[name], arrays[name][-1])
