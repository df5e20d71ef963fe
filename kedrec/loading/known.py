"""What the graph knows already: entities that a source's rows name by an id or a name of the graph's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kedrec.loading.sources import Source
    from kedrec.loading.staging import Staging

__all__ = ["define_names", "join_same_names", "known_keys"]

_MACRO = """
CREATE OR REPLACE MACRO normal_name(word) AS
  trim(regexp_replace(lower(strip_accents(word)), '[^a-z0-9]+', ' ', 'g'))
"""

_BY_ID = """
  UNION ALL
  SELECT unnest([i.id, i.kind || '/' || i.id]) AS key, n.node
  FROM (
    SELECT kind, id, new_kind, new_id FROM records
    UNION ALL SELECT new_kind, new_id, new_kind, new_id FROM records
    UNION ALL SELECT kind, id, new_kind, new_id FROM aliases
  ) AS i
  JOIN numbers AS n ON n.kind = i.new_kind AND n.id = i.new_id
"""

_BY_NAME = """
  UNION ALL
  SELECT key, node
  FROM (
    SELECT w.key, n.node, (w.place, -m.own) AS rank, min((w.place, -m.own)) OVER (PARTITION BY w.key) AS best
    FROM wanted_names AS w
    JOIN (
      SELECT new_kind, new_id, normal_name(name) AS word, 1 AS own FROM records
      UNION ALL
      SELECT new_kind, new_id, normal_name(unnest(synonyms)), 0 FROM records
    ) AS m ON m.new_kind = w.kind AND m.word = w.word
    JOIN numbers AS n ON n.kind = m.new_kind AND n.id = m.new_id
  )
  WHERE rank = best
"""
_WANTED = """
CREATE OR REPLACE TEMP TABLE wanted_names AS
SELECT key, kind, unnest(words) AS word, unnest(range(1, len(words) + 1)) AS place
FROM (
  SELECT key, split_part(substr(key, 6), '/', 1) AS kind,
    string_split(substr(key, 6 + strpos(substr(key, 6), '/')), '|') AS words
  FROM (SELECT DISTINCT unnest([start, "end"]) AS key FROM edge_rows)
  WHERE starts_with(key, 'name:')
)
"""

# Only what has one name of its own on both sides, and nothing yet of the other's vocabulary, is joined.
_SAME_NAMES = """
CREATE TEMP TABLE same_named AS
SELECT i.kind, i.id, s.id AS other, count(*) OVER (PARTITION BY i.kind, i.id) AS others,
  count(*) OVER (PARTITION BY s.kind, s.id) AS owners
FROM incoming AS i
JOIN stored AS s ON s.kind = i.kind AND normal_name(s.name) = normal_name(i.name)
WHERE list_contains($kinds, i.kind)
  AND NOT list_contains(list_transform(list_append(i.xrefs, i.id), lambda x: split_part(x, ':', 1)),
    split_part(s.id, ':', 1))
"""
_JOIN = """
UPDATE incoming SET xrefs = list_append(xrefs, n.other)
FROM same_named AS n
WHERE n.others = 1 AND n.owners = 1 AND incoming.kind = n.kind AND incoming.id = n.id
"""


def define_names(staging: Staging) -> None:
    """Defines `normal_name(word)` for a source's SQL: case, accents and punctuation don't count."""
    staging.sql.execute(_MACRO)


def join_same_names(staging: Staging, source: Source) -> None:
    """Gives the incoming nodes of the kinds in `source.same_names` the id of the stored node of that name.

    A name that two nodes have, on either side, joins nothing.
    """
    if source.same_names:
        define_names(staging)
        staging.sql.execute(_SAME_NAMES, {"kinds": list(source.same_names)})
        staging.sql.execute(_JOIN)
        staging.forget("same_named")


def known_keys(staging: Staging) -> str:
    """SQL that adds to the source's own keys those by which the graph knows an entity.

    They are any id, alone where it is one entity's or as `Kind/ID`, and `name:Kind/normal name|another`: the
    first of the names that a node has, and a node's own name before a synonym.
    """
    define_names(staging)
    staging.sql.execute(_WANTED)
    return _BY_ID + _BY_NAME
