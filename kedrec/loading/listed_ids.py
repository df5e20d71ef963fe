"""Ids that a source merely lists for a term though no name of theirs says that they mean the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.loading.node_records import TRUST

if TYPE_CHECKING:
    from kedrec.loading.staging import Staging
    from kedrec.schema import Schema

__all__ = ["stage_doubtful_ids"]

# Words that tell no disease from another, and the s of a possessive. MeSH calls a cancer a neoplasm.
_GENERIC = "a and by disease disorder due from in infection infectious nos of or s syndrome the to type with"

_NAME_KEY = f"""
CREATE OR REPLACE MACRO singular(word) AS
  regexp_replace(regexp_replace(word, 'ies$', 'y'), '([^isu])s$', '\\1');
CREATE OR REPLACE MACRO name_key(word) AS array_to_string(list_sort(list_distinct(list_filter(
  list_transform(string_split(normal_name(word), ' '),
    lambda x: regexp_replace(singular(x), '^(cancer|tumou?r)$', 'neoplasm')),
  lambda x: NOT list_contains(string_split('{_GENERIC}', ' '), x)))), ' ')
"""
_DOUBTFUL = """
INSERT INTO doubtful_ids BY NAME
WITH named AS (
  SELECT DISTINCT c.kind, c.id
  FROM unresolved_records AS c JOIN kinds AS k USING (kind) JOIN ranks AS r ON r.source = c.loader
  WHERE c.kind = $kind AND list_contains($distinct, split_part(c.id, ':', 1))
    AND naming_rank(c.id, r.vocabularies, k.names) < 999
), listed AS (
  SELECT DISTINCT c.kind, c.id, unnest(c.xrefs) AS xref
  FROM unresolved_records AS c JOIN ranks AS r ON r.source = c.loader
  WHERE c.kind = $kind AND r.trust = $listed
), claims AS (
  SELECT l.* FROM listed AS l JOIN named AS n ON n.kind = l.kind AND n.id = l.xref
  SEMI JOIN named AS o ON o.kind = l.kind AND o.id = l.id
  WHERE split_part(l.id, ':', 1) <> split_part(l.xref, ':', 1)
), keys AS (
  SELECT id, name_key(word) AS key, bool_or(word = name) AS is_heading FROM (
    SELECT id, name, unnest(list_append(synonyms, name)) AS word FROM unresolved_records
    WHERE kind = $kind AND id IN (SELECT id FROM claims UNION ALL SELECT xref FROM claims)
  ) GROUP BY ALL
)
SELECT kind, id, xref FROM claims ANTI JOIN (
  SELECT p.id, p.xref FROM claims AS p JOIN keys AS o ON o.id = p.id
  JOIN keys AS x ON x.id = p.xref AND x.key = o.key AND (o.is_heading OR x.is_heading)
) AS same USING (id, xref)
"""


def stage_doubtful_ids(staging: Staging, schema: Schema) -> None:
    """Fills `doubtful_ids` with ids that a source lists for a term that they share no name with.

    Ontologies list the nearest heading of another vocabulary where it has none of its own for a term: the
    Disease Ontology gives MeSH's hypopituitarism for Sheehan syndrome. A synonym on both sides doesn't count:
    MeSH's entry terms for seizures have the visual ones among them. Names are compared without the order and
    the plural of their words, for kinds and vocabularies whose ids each denote another entity, where both
    vocabularies give the names. What a source states as equal needs no name.

    Args:
        staging: staging area with `unresolved_records`, `kinds` and `ranks`.
        schema: gives the vocabularies of each kind whose ids are distinct.
    """
    staging.create("doubtful_ids")
    staging.sql.execute(_NAME_KEY)
    for kind in schema.kinds.values():
        if kind.distinct:
            parameters = {"kind": kind.name, "distinct": list(kind.distinct), "listed": TRUST["listed"]}
            staging.sql.execute(_DOUBTFUL, parameters)
