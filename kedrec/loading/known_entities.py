"""What the graph knows already: entities that a source's rows name by an id or a name of the graph's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kedrec.loading.staging import Staging

__all__ = ["define_names", "join_same_names", "known_keys"]

_MACRO = """
CREATE OR REPLACE MACRO normal_name(word) AS
  trim(regexp_replace(lower(strip_accents(word)), '[^a-z0-9]+', ' ', 'g'))
"""

# What an overlay alone brought is not known to others: without the overlay, their edges would end nowhere.
_PUBLIC = {
    "{public}": "(NOT starts_with(loader, 'overlay:') OR loader = $source)",
    "{public_nodes}": "list_has_any(list_transform(sources, lambda x: NOT starts_with(x, 'overlay:') "
    "OR x = $source), [true])",
}
_BY_ID = """
  UNION ALL
  SELECT unnest([i.id, i.kind || '/' || i.id]) AS key, n.node
  FROM (
    SELECT kind, id, new_kind, new_id FROM records WHERE {public}
    UNION ALL SELECT new_kind, new_id, new_kind, new_id FROM records WHERE {public}
    UNION ALL SELECT kind, id, new_kind, new_id FROM aliases
  ) AS i
  JOIN numbers AS n ON n.kind = i.new_kind AND n.id = i.new_id
"""

_BY_NAME = """
  UNION ALL
  SELECT key, node
  FROM (
    SELECT w.key, n.node, (w.place, -n.own) AS rank,
      min((w.place, -n.own)) OVER (PARTITION BY w.key) AS best
    FROM wanted_names AS w
    JOIN (
      SELECT kind, node, normal_name(name) AS word, 1 AS own FROM nodes WHERE {public_nodes}
      UNION ALL
      SELECT kind, node, normal_name(unnest(synonyms)), 0 FROM nodes WHERE {public_nodes}
    ) AS n ON n.kind = w.kind AND n.word = w.word
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
_NAMED = """
CREATE OR REPLACE TEMP TABLE named AS
SELECT c.loader, c.kind, c.id, c.name, c.rank, list_append(c.xrefs, c.id) AS ids,
  coalesce(m.new_kind, c.kind) AS new_kind, coalesce(m.new_id, c.id) AS new_id
FROM claims AS c LEFT JOIN same_as AS m ON m.kind = c.kind AND m.id = c.id
WHERE NOT starts_with(c.loader, 'overlay:')
"""
_SAME_NAMES = """
INSERT INTO same_named
SELECT $loader, kind, id, [other] FROM (
  SELECT i.kind, i.id, o.id AS other, count(*) OVER (PARTITION BY i.kind, i.id) AS others,
    count(*) OVER (PARTITION BY o.kind, o.id) AS owners
  FROM named AS i
  JOIN (
    SELECT new_kind AS kind, new_id AS id,
      first(name ORDER BY rank, id <> new_id, length(name), name) AS name
    FROM named WHERE loader <> $loader GROUP BY ALL
  ) AS o ON o.kind = i.kind AND normal_name(o.name) = normal_name(i.name)
  WHERE i.loader = $loader AND list_contains($kinds, i.kind) AND o.id <> i.new_id
    AND NOT list_contains(list_transform(i.ids, lambda x: split_part(x, ':', 1)), split_part(o.id, ':', 1))
)
WHERE others = 1 AND owners = 1
"""


def define_names(staging: Staging) -> None:
    """Defines `normal_name(word)` for a source's SQL: case, accents and punctuation don't count."""
    staging.sql.execute(_MACRO)


def join_same_names(staging: Staging, joining: Mapping[str, Sequence[str]]) -> int:
    """Finds the nodes that sources share by name alone: into `same_named`; returns how many.

    A name that two nodes have, on either side, joins nothing.

    Args:
        staging: with `claims`, and `same_as`, what their ids tell.
        joining: of each such source, the kinds whose nodes may be joined so.
    """
    if joining:
        define_names(staging)
        staging.sql.execute(_NAMED)
        for loader, kinds in sorted(joining.items()):
            staging.sql.execute(_SAME_NAMES, {"loader": loader, "kinds": list(kinds)})
        staging.forget("named")
    return staging.count("same_named")


def known_keys(staging: Staging) -> str:
    """SQL that adds to the source's own keys those by which the graph knows an entity.

    They are any id, alone where it is one entity's or as `Kind/ID`, and `name:Kind/normal name|another`: the
    first of the names that a node has, and a node's own name before a synonym. `$source` is to be filled in.
    """
    define_names(staging)
    staging.sql.execute(_WANTED)
    known = _BY_ID + _BY_NAME
    for place, condition in _PUBLIC.items():
        known = known.replace(place, condition)
    return known
