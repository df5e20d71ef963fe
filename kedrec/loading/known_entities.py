"""Matches a source's rows with entities that the graph already has, by id or by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kedrec.loading.staging import Staging
    from kedrec.schema import Schema

__all__ = ["define_normal_name", "join_same_names", "known_keys"]

_MACROS = """
CREATE OR REPLACE MACRO normal_name(word) AS
  trim(regexp_replace(lower(strip_accents(word)), '[^a-z0-9]+', ' ', 'g'));
CREATE OR REPLACE MACRO heading_word(word) AS
  normal_name(array_to_string(list_reverse(string_split(word, ', ')), ' '));
CREATE OR REPLACE MACRO naming_rank(id, vocabularies, names) AS
  CASE WHEN list_contains(vocabularies, split_part(id, ':', 1))
    THEN coalesce(list_position(names, split_part(id, ':', 1)), 999) ELSE 999 END;
CREATE OR REPLACE MACRO prefix_rank(id, prefixes) AS
  coalesce(list_position(prefixes, split_part(id, ':', 1)), len(prefixes) + 1)
"""

# Other sources don't see entities that only an overlay has: their edges must not depend on the overlay.
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
  JOIN node_numbers AS n ON n.kind = i.new_kind AND n.id = i.new_id
"""

_BY_NAME = """
  UNION ALL
  SELECT key, node
  FROM (
    SELECT w.key, n.node, (w.position, -n.own) AS rank,
      min((w.position, -n.own)) OVER (PARTITION BY w.key) AS best
    FROM wanted_names AS w
    JOIN (
      SELECT kind, node, normal_name(name) AS word, 1 AS own FROM merged_nodes WHERE {public_nodes}
      UNION ALL
      SELECT kind, node, normal_name(unnest(synonyms)), 0 FROM merged_nodes WHERE {public_nodes}
      UNION ALL
      SELECT i.new_kind, n.node, i.id, 1
      FROM (
        SELECT id, new_kind, new_id FROM records WHERE {public}
        UNION SELECT new_id, new_kind, new_id FROM records WHERE {public}
        UNION SELECT id, new_kind, new_id FROM aliases
      ) AS i
      JOIN node_numbers AS n ON n.kind = i.new_kind AND n.id = i.new_id
      WHERE i.id IN (SELECT word FROM wanted_names WHERE contains(word, ':'))
    ) AS n ON n.kind = w.kind AND n.word = w.word
  )
  WHERE rank = best
"""
_WANTED = """
INSERT INTO wanted_names BY NAME
SELECT key, kind, unnest(words) AS word, unnest(range(1, len(words) + 1)) AS position
FROM (
  SELECT key, split_part(substr(key, 6), '/', 1) AS kind,
    string_split(substr(key, 6 + strpos(substr(key, 6), '/')), '|') AS words
  FROM (SELECT DISTINCT unnest([start, "end"]) AS key FROM edge_rows)
  WHERE starts_with(key, 'name:')
)
"""

# Nodes are joined only if the name is unique on both sides and the source's node has no id of the other's
# vocabulary yet. A name may be inverted ("Neuralgia, Postherpetic"), and a node has, beside its own name, the
# headings of all vocabularies that name its kind, where a second one knows the name: MeSH's nearest heading
# may be a broader one. Of the nodes with the name, those that bear it themselves count, and of these those of
# the best vocabulary: a drug's node isn't passed over because a source with ids of its own says the same
# name, and a record that ids have joined already goes to a better vocabulary alone. Records of the source
# that list one id of their own vocabulary are forms of one entity (isomers of a compound) and may be meant by
# the shortest of their names. Where ids tell that one of them is the node, only the one of that name is too.
_JOINABLE = """
INSERT INTO joinable_records BY NAME
SELECT *,
  first_value(own_word) OVER (PARTITION BY loader, kind, form ORDER BY length(name), name) AS word
FROM (
  SELECT c.loader, c.kind, c.id, c.name, c.synonyms, normal_name(c.name) AS own_word,
    heading_word(c.name) AS heading,
    naming_rank(c.id, r.vocabularies, k.names) AS naming_rank, c.rank, list_append(c.xrefs, c.id) AS ids,
    coalesce(m.new_kind, c.kind) AS new_kind, coalesce(m.new_id, c.id) AS new_id,
    coalesce(r.brings, true) AS brings,
    coalesce(list_min(list_filter(c.xrefs,
      lambda x: split_part(x, ':', 1) = split_part(c.id, ':', 1))), c.id) AS form
  FROM unresolved_records AS c LEFT JOIN same_as AS m ON m.kind = c.kind AND m.id = c.id
  LEFT JOIN ranks AS r ON r.source = c.loader
  LEFT JOIN kinds AS k ON k.kind = c.kind
  WHERE NOT starts_with(c.loader, 'overlay:') AND list_contains($kinds, c.kind)
)
"""
_SAME_NAMES = """
INSERT INTO name_matches
SELECT $loader, kind, id, [other] FROM (
  SELECT kind, id, other, count(*) OVER (PARTITION BY kind, id) AS others,
    count(DISTINCT form) OVER (PARTITION BY kind, other) AS owners
  FROM (
    SELECT i.kind, i.id, i.form, o.id AS other, min((o.by_heading, prefix_rank(o.id, $prefixes))) AS fit,
      min(fit) OVER (PARTITION BY i.kind, i.id) AS best_fit
    FROM (
      SELECT *, unnest(list_distinct([word, if(own_word = word, heading, word)])) AS said
      FROM joinable_records WHERE loader = $loader AND kind = $kind
    ) AS i
    JOIN (
      SELECT kind, id, unnest(list_concat(headings, own)) AS said, NOT list_contains(own, said) AS by_heading
      FROM (
        SELECT new_kind AS kind, new_id AS id,
          flatten(list([own_word, heading]) FILTER (naming_rank < 999)) AS headings,
          first([word, if(own_word = word, heading, word)]
            ORDER BY naming_rank, rank, id <> new_id, length(name), name) AS own
        FROM joinable_records WHERE loader <> $loader AND new_kind = $kind
        GROUP BY ALL HAVING bool_or(brings)
      )
    ) AS o ON o.kind = i.kind AND o.said = i.said
    WHERE o.id <> i.new_id
      AND (i.new_id = i.id OR prefix_rank(o.id, $prefixes) < prefix_rank(i.new_id, $prefixes))
      AND NOT list_contains(list_transform(i.ids, lambda x: split_part(x, ':', 1)), split_part(o.id, ':', 1))
      -- An id of a vocabulary whose ids are distinct isn't a node that has one of them by other ids already.
      AND NOT (list_contains($distinct, split_part(i.id, ':', 1)) AND EXISTS (FROM joinable_records AS s
        WHERE s.kind = $kind AND s.new_id = o.id AND split_part(s.id, ':', 1) = split_part(i.id, ':', 1)))
      AND (i.own_word = i.word OR NOT EXISTS (FROM joinable_records AS s
        WHERE s.loader = $loader AND s.kind = $kind AND s.form = i.form AND s.new_id = o.id))
      AND (NOT o.by_heading OR (SELECT count(DISTINCT s.id) > 1 FROM joinable_records AS s
        WHERE s.kind = $kind AND s.new_id = o.id AND s.naming_rank < 999 AND list_contains(
          list_concat(list_transform(s.synonyms, lambda x: normal_name(x)), [s.own_word, s.heading]),
          i.said)))
    GROUP BY i.kind, i.id, i.form, o.id
  )
  WHERE fit = best_fit
)
WHERE others = 1 AND owners = 1
"""
# A record with the whole standard InChIKey of exactly one node of DrugBank, whose ids come first for drugs,
# is that drug; isomers have other keys. A record that has a DrugBank id already keeps it.
_SAME_STRUCTURES = """
INSERT INTO name_matches
WITH keyed AS (
  SELECT loader, kind, id, new_id, ids,
    unnest(list_filter(ids, lambda x: starts_with(x, 'INCHIKEY:'))) AS key
  FROM joinable_records WHERE kind IN ('Drug', 'Chemical') AND brings
)
SELECT i.loader, i.kind, i.id, [any_value(o.new_id)]
FROM keyed AS i
JOIN keyed AS o ON o.key = i.key AND o.new_id <> i.new_id AND starts_with(o.new_id, 'DRUGBANK:')
WHERE NOT starts_with(i.new_id, 'DRUGBANK:')
  AND len(list_filter(i.ids, lambda x: starts_with(x, 'DRUGBANK:'))) = 0
GROUP BY ALL HAVING count(DISTINCT o.new_id) = 1
"""


def define_normal_name(staging: Staging) -> None:
    """Defines SQL macros.

    `normal_name(word)` ignores case, accents and punctuation. `naming_rank(id, vocabularies, names)` is the
    place of an id's vocabulary among those that name its kind, 999 where the source doesn't give its own
    wordings. `prefix_rank(id, prefixes)` is the place of its prefix, after the last for another.
    """
    staging.sql.execute(_MACROS)


def join_same_names(staging: Staging, kinds_by_source: Mapping[str, Sequence[str]], schema: Schema) -> int:
    """Joins nodes of different sources by name alone, and drugs by their structure's key (InChIKey).

    A name that two nodes of the best vocabulary have, or two of the source, joins nothing, nor does a key of
    two. Fills `name_matches`.

    Args:
        staging: staging area with `unresolved_records`, resolved by their ids in `same_as`.
        kinds_by_source: kinds whose nodes may be joined by name, for each such source.
        schema: gives the prefixes of each kind, the best first.

    Returns:
        Number of rows of `name_matches`.
    """
    kinds = {"Drug", "Chemical"}.union(*kinds_by_source.values())
    define_normal_name(staging)
    staging.create("joinable_records")
    staging.sql.execute(_JOINABLE, {"kinds": sorted(kinds)})
    staging.sql.execute(_SAME_STRUCTURES)
    for loader, own_kinds in sorted(kinds_by_source.items()):
        for kind in own_kinds:
            prefixes, distinct = list(schema.kinds[kind].prefixes), list(schema.kinds[kind].distinct)
            parameters = {"loader": loader, "kind": kind, "prefixes": prefixes, "distinct": distinct}
            staging.sql.execute(_SAME_NAMES, parameters)
    staging.drop("joinable_records")
    return staging.count("name_matches")


def known_keys(staging: Staging) -> str:
    """SQL that selects further keys of nodes: the ids and names that the graph has for them.

    A key is an id, alone if it denotes one entity or as `Kind/ID`, or `name:Kind/normal name|PREFIX:LOCAL`:
    the first of the names and ids that a node has, and a node's own name before a synonym. `$source` is a
    parameter.
    """
    define_normal_name(staging)
    staging.create("wanted_names")
    staging.sql.execute(_WANTED)
    query = _BY_ID + _BY_NAME
    for placeholder, condition in _PUBLIC.items():
        query = query.replace(placeholder, condition)
    return query
