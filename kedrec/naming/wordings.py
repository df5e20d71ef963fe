"""Standing of a name: the wording of a vocabulary that gives the entity one of its ids, or another source's.

A source may call an id by a narrower name: DrugMechDB calls MeSH's Gaucher disease "chronic non-neuropathic
Gaucher's disease". Such a wording is a doubtful synonym: it yields to the vocabularies' own.
"""

from __future__ import annotations

from collections import defaultdict
from io import BytesIO
from typing import TYPE_CHECKING

from kedrec.loading.source_records import RECORDS
from kedrec.loading.sources import list_sources
from kedrec.loading.state import source_states
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from kedrec.stores import GraphStore

__all__ = ["DOUBTFUL", "HEADING", "PREFERRED", "SYNONYM", "standings"]

PREFERRED, HEADING, SYNONYM, DOUBTFUL = range(4)
"""Standing of a name, the best first: the entity's name; its name in another vocabulary; a synonym; another
source's wording, where the vocabularies' own are known."""


def standings(store: GraphStore, kind: str) -> dict[str, dict[str, int]]:
    """Standing of the vocabularies' own wordings, by id of the entity and wording.

    Entities that no vocabulary names have no entry. Empty for a kind whose names the schema gives no order.
    """
    import pyarrow.parquet as pq

    vocabularies = load_schema().kinds[kind].names
    loaded = source_states(store.metadata()) if vocabularies else {}
    by_entity: dict[str, dict[str, int]] = defaultdict(dict)
    columns = ["id", "name", "synonyms", "old_id"]
    for source in list_sources():
        prefixes = {prefix for prefix in source.names if prefix in vocabularies}
        content = store.blob(f"{RECORDS}:{source.name}") if prefixes and source.name in loaded else None
        if content is None:
            continue
        rows = pq.read_table(BytesIO(content), columns=columns, filters=[("kind", "=", kind)])
        for batch in rows.to_batches(max_chunksize=5000):
            for id_, name, synonyms, entity in zip(
                *(batch.column(c).to_pylist() for c in columns), strict=True
            ):
                if id_.partition(":")[0] in prefixes:
                    wordings = by_entity[entity]
                    for synonym in synonyms or ():
                        wordings.setdefault(synonym, SYNONYM)
                    wordings[name] = HEADING
    return by_entity
