"""Merges the staged nodes of a source with those of the graph: checks and entity resolution.

All work is done in DuckDB; `staging_tables` declares the tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kedrec.loading.family_identities import family_name
from kedrec.loading.kind_families import family_of
from kedrec.loading.known_entities import define_normal_name, join_same_names
from kedrec.loading.listed_ids import stage_doubtful_ids
from kedrec.loading.moved_edges import stage_moving_edges
from kedrec.loading.node_records import TRUST, Identity
from kedrec.schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kedrec.loading.family_identities import FamilyIdentities
    from kedrec.loading.sources import Source
    from kedrec.loading.staging import Staging
    from kedrec.loading.state import SourceState
    from kedrec.schema import Schema
    from kedrec.stores import GraphTarget

__all__ = ["canonical_nodes", "check_nodes", "stage_schema"]


def stage_schema(staging: Staging, schema: Schema, sources: tuple[Source, ...]) -> None:
    """Fills the tables of the schema and the sources: `kinds`, `pairs`, `actions`, `ranks`."""
    # A node may have the id of any kind of its family: a chemical that is a drug keeps its DrugBank id.
    prefixes = [
        sorted({prefix for kind in family_of(name) for prefix in schema.kinds[kind].prefixes})
        for name in schema.kinds
    ]
    naming = [list(kind.names) for kind in schema.kinds.values()]
    families = [family_name(name) for name in schema.kinds]
    staging.fill(
        "kinds", {"kind": list(schema.kinds), "family": families, "prefixes": prefixes, "names": naming}
    )
    pairs = [(relation, *pair) for relation in schema.relations.values() for pair in relation.pairs]
    staging.fill(
        "pairs",
        {
            "pair": list(range(len(pairs))),
            "relation": [relation.name for relation, _, _ in pairs],
            "start_kind": [start for _, start, _ in pairs],
            "end_kind": [end for _, _, end in pairs],
            "both_ways": [relation.symmetric for relation, _, _ in pairs],
        },
    )
    actions = [
        (relation.name, action, wording.sign, position)
        for relation in schema.relations.values()
        for position, (action, wording) in enumerate(relation.actions.items())
    ]
    names = ("relation", "action", "sign", "position")
    staging.fill("actions", {name: [row[i] for row in actions] for i, name in enumerate(names)})
    staging.fill(
        "ranks",
        {
            "source": [source.name for source in sources],
            "rank": [source.rank for source in sources],
            "prefix": [source.own_prefix for source in sources],
            "vocabularies": [list(source.names) for source in sources],
            "trust": [TRUST[source.xrefs] for source in sources],
            "brings": [source.brings_nodes for source in sources],
        },
    )


_CHECK_NODES = """
INSERT INTO checked_nodes BY NAME
SELECT n.*,
  CASE
    WHEN k.kind IS NULL THEN 'unknown kind'
    WHEN n.id IS NULL OR NOT regexp_full_match(n.id, '[A-Za-z0-9]+:[^\\s\\pC]+')
      THEN 'not an id (PREFIX:LOCAL)'
    WHEN NOT list_contains(k.prefixes, split_part(n.id, ':', 1))
      THEN 'id of another vocabulary than the kind''s'
    WHEN coalesce(trim(n.name), '') = '' THEN 'no name'
  END AS reason
FROM node_rows AS n LEFT JOIN kinds AS k USING (kind);
DROP TABLE node_rows;
INSERT INTO rejects
SELECT 'nodes', file, line, reason,
  CASE WHEN reason = 'unknown kind' THEN coalesce(kind, '') ELSE coalesce(id, '') END, NULL
FROM checked_nodes WHERE reason IS NOT NULL;
-- By its own reason, not by its line: a row of a table of edges may tell of two nodes.
INSERT INTO valid_nodes BY NAME SELECT * EXCLUDE (reason) FROM checked_nodes WHERE reason IS NULL;
DROP TABLE checked_nodes;
"""

_INCOMING = """
-- One record a kind and id. The name that most rows give is its name; the others are synonyms.
INSERT INTO unresolved_records
WITH grouped AS (
  SELECT kind, id, trim(name) AS name, count(*) AS n, flatten(list(synonyms)) AS synonyms,
    flatten(list(xrefs)) AS xrefs, max(coalesce(description, '')) AS description
  FROM valid_nodes GROUP BY ALL
)
SELECT $source, kind, id, first(name ORDER BY n DESC, name) AS name,
  list_sort(list_distinct(list_concat(flatten(list(synonyms)), list(name)))) AS synonyms,
  list_sort(list_filter(list_distinct(flatten(list(xrefs))),
    lambda x: regexp_full_match(x, '[A-Za-z0-9]+:[^\\s\\pC]+')
      AND list_contains($prefixes, split_part(x, ':', 1)))) AS xrefs,
  first(description ORDER BY length(description) DESC, description) AS description, false, NULL, NULL,
  coalesce((SELECT min(r.rank) FROM ranks AS r WHERE r.source = $source), 99)
FROM grouped GROUP BY kind, id;
"""


def check_nodes(staging: Staging) -> None:
    """Rejects node rows that the schema doesn't allow; moves the others to `valid_nodes`."""
    staging.create("checked_nodes", "valid_nodes")
    staging.sql.execute(_CHECK_NODES)


def _stage_stored(staging: Staging, store: GraphTarget, schema: Schema) -> None:
    """Copies the graph's nodes into `stored_nodes`."""
    staging.create("stored_nodes")
    counts = store.fingerprint().nodes
    for kind in schema.kinds:
        if counts.get(kind):
            staging.sql.register("node_batch", store.nodes(kind))
            staging.sql.execute(
                "INSERT INTO stored_nodes SELECT ?, id, name, synonyms, xrefs, description, sources "
                "FROM node_batch",
                [kind],
            )
            staging.sql.unregister("node_batch")


_DROP_HELD = """
DELETE FROM unresolved_records WHERE held AND EXISTS (
  SELECT 1 FROM unresolved_records AS c LEFT JOIN ranks AS r ON r.source = c.loader
  WHERE NOT c.held AND coalesce(r.brings, true)
    AND c.kind = unresolved_records.kind AND c.id = unresolved_records.id);
"""
_RESOLVABLE_RECORDS = """
INSERT INTO resolvable_records
SELECT any_value(c.family), c.kind, c.id, min(c.rank), c.trust,
  list_distinct(flatten(list(list_filter(
  list_concat(if(c.trust = $listed AND d.xrefs IS NOT NULL,
    list_filter(c.xrefs, lambda x: NOT list_contains(d.xrefs, x)), c.xrefs), coalesce(s.matching_ids, [])),
  lambda x: list_contains(c.prefixes, split_part(x, ':', 1)))))),
  -- Names decide between the ids of a kind whose vocabularies name it: their own wordings, if there are any.
  coalesce(list_distinct(list(normal_name(c.name)) FILTER (len(c.names) > 0 AND c.is_own = c.has_own)), []),
  coalesce(list_distinct(flatten(
    list(list_transform(c.synonyms, lambda x: normal_name(x))) FILTER (len(c.names) > 0 AND c.is_own))), [])
FROM (
  SELECT c.*, k.family, k.prefixes, k.names, coalesce(r.trust, $listed) AS trust,
    naming_rank(c.id, r.vocabularies, k.names) < 999 AS is_own,
    bool_or(is_own) OVER (PARTITION BY c.kind, c.id) AS has_own
  FROM unresolved_records AS c JOIN kinds AS k USING (kind)
  LEFT JOIN ranks AS r ON r.source = c.loader
) AS c
LEFT JOIN name_matches AS s ON s.loader = c.loader AND s.kind = c.kind AND s.id = c.id
LEFT JOIN (SELECT kind, id, list(xref) AS xrefs FROM doubtful_ids GROUP BY ALL) AS d
  ON d.kind = c.kind AND d.id = c.id
GROUP BY c.kind, c.id, c.trust
"""
# A term's cross-references to ids of its own ontology are ids that were merged into it or that it replaces.
# An id that two terms list, or that is still a term, isn't replaced.
_RETIRED = """
SELECT kind, other, min(id) FROM (
  SELECT c.loader, c.kind, c.id, unnest(c.xrefs) AS other, r.prefix || ':' AS own
  FROM unresolved_records AS c JOIN ranks AS r ON r.source = c.loader
  WHERE r.prefix <> '' AND NOT c.held
) AS o
WHERE starts_with(id, own) AND starts_with(other, own) AND other <> id AND NOT EXISTS (
  SELECT 1 FROM unresolved_records AS c WHERE c.loader = o.loader AND c.kind = o.kind AND c.id = o.other)
GROUP BY kind, other HAVING count(DISTINCT id) = 1
"""
_RECORDS = """
INSERT INTO records BY NAME
SELECT c.*, coalesce(m.new_kind, c.kind) AS new_kind, coalesce(m.new_id, c.id) AS new_id
FROM unresolved_records AS c LEFT JOIN same_as AS m ON m.kind = c.kind AND m.id = c.id;
DROP TABLE unresolved_records;
-- A source that brings no nodes has nothing to say of an entity that no other source has.
INSERT INTO idle_records BY NAME
SELECT a.* FROM records AS a JOIN ranks AS r ON r.source = a.loader
ANTI JOIN (
  SELECT c.new_kind, c.new_id FROM records AS c LEFT JOIN ranks AS s ON s.source = c.loader
  WHERE coalesce(s.brings, true)
) AS b ON b.new_kind = a.new_kind AND b.new_id = a.new_id
WHERE NOT r.brings;
DELETE FROM records USING idle_records AS i
WHERE records.loader = i.loader AND records.kind = i.kind AND records.id = i.id;
DELETE FROM aliases WHERE NOT EXISTS (
  SELECT 1 FROM records AS r WHERE r.new_kind = aliases.new_kind AND r.new_id = aliases.new_id);
"""
_NODES = """
INSERT INTO node_numbers BY NAME
SELECT (row_number() OVER (ORDER BY id, kind))::INTEGER AS node, kind, id
FROM (SELECT DISTINCT new_kind AS kind, new_id AS id FROM records);

INSERT INTO deleted_nodes BY NAME
SELECT kind, id FROM stored_nodes ANTI JOIN node_numbers USING (kind, id);

-- The wording of the best vocabulary for the kind is the name; without one, the best source's is.
INSERT INTO merged_nodes BY NAME
SELECT n.node, n.kind, n.id, m.name,
  -- A source without names calls a node by its id, which is no synonym.
  list_sort(list_filter(list_distinct(m.synonyms),
    lambda x: x <> m.name AND trim(x) <> '' AND NOT list_contains(m.xrefs, x))) AS synonyms,
  list_sort(list_filter(list_distinct(m.xrefs), lambda x: x <> n.id)) AS xrefs,
  m.description, list_sort(list_distinct(m.sources)) AS sources
FROM (
  SELECT new_kind AS kind, new_id AS id,
    first(name ORDER BY naming_rank, rank, id <> new_id, length(name), name) AS name,
    list_concat(flatten(list(synonyms)), list(name)) AS synonyms,
    list_concat(flatten(list(xrefs)), list(id)) AS xrefs,
    first(description ORDER BY length(description) DESC, description) AS description,
    list(loader) AS sources
  FROM (
    SELECT c.* REPLACE (if(o.xrefs IS NULL, c.xrefs,
        list_filter(c.xrefs, lambda x: NOT list_contains(o.xrefs, x))) AS xrefs),
      naming_rank(c.id, r.vocabularies, k.names) AS naming_rank
    FROM records AS c
    LEFT JOIN kinds AS k ON k.kind = c.new_kind
    LEFT JOIN ranks AS r ON r.source = c.loader
    LEFT JOIN (
      SELECT kind, id, list(xref) AS xrefs FROM (FROM overruled UNION FROM doubtful_ids) GROUP BY ALL
    ) AS o ON o.kind = c.kind AND o.id = c.id
  )
  GROUP BY ALL
) AS m
JOIN node_numbers AS n USING (kind, id);
"""


def _resolve(staging: Staging, schema: Schema, families: FamilyIdentities) -> Identity:
    """Resolves the records to nodes; fills `same_as`, `aliases` and `overruled`."""
    staging.create("resolvable_records")
    staging.sql.execute(_RESOLVABLE_RECORDS, {"listed": TRUST["listed"]})
    retired = {(kind, old): new for kind, old, new in staging.sql.execute(_RETIRED).fetchall()}
    identity = families.resolve(staging, schema, retired)
    staging.drop("resolvable_records")
    staging.sql.execute(
        "DROP TABLE IF EXISTS same_as; DROP TABLE IF EXISTS aliases; DROP TABLE IF EXISTS overruled"
    )
    staging.fill("same_as", _id_columns(identity.entity))
    staging.fill("aliases", _id_columns(identity.aliases))
    overruled = sorted(identity.overruled)
    columns = ("kind", "id", "xref")
    staging.fill("overruled", {name: [row[i] for row in overruled] for i, name in enumerate(columns)})
    return identity


def _id_columns(new_ids: Mapping[tuple[str, str], tuple[str, str]]) -> dict[str, list[Any]]:
    """Columns of a mapping from (kind, id) to (kind, id)."""
    rows = [(*old, *new) for old, new in new_ids.items()]
    return {name: [row[i] for row in rows] for i, name in enumerate(("kind", "id", "new_kind", "new_id"))}


def canonical_nodes(
    staging: Staging,
    source: str,
    states: Mapping[str, SourceState],
    store: GraphTarget,
    *,
    families: FamilyIdentities,
) -> Identity:
    """Resolves the records of all sources to nodes and merges them.

    Edges of other sources whose ends become other nodes are taken from the graph: see `moved_edges`.
    """
    sql, schema = staging.sql, load_schema()
    if staging.count("valid_nodes"):
        sql.execute(_INCOMING, {"source": source, "prefixes": list(schema.prefixes)})
    sql.execute(_DROP_HELD)
    staging.create("name_matches")
    define_normal_name(staging)
    stage_doubtful_ids(staging, schema)
    identity = _resolve(staging, schema, families)
    joining = {name: state.same_names for name, state in states.items() if state.same_names}
    if join_same_names(staging, joining, schema):
        identity = _resolve(staging, schema, families)
    _stage_stored(staging, store, schema)
    staging.create("records", "idle_records")
    sql.execute(_RECORDS)
    stage_moving_edges(staging, source, states, store)
    staging.create("node_numbers", "deleted_nodes", "merged_nodes")
    sql.execute(_NODES)
    return identity
