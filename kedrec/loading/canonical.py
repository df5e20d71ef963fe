"""From staged rows to the graph's own nodes: checks, and entity resolution among the graph and the source.

Works in DuckDB on the tables of `Staging` and leaves

- `numbers` (node, kind, id): every entity of the graph and the source, numbered in order of id;
- `nodes` (node, kind, id, name, synonyms, xrefs, description, sources): what the touched nodes shall be;
- `moved` (kind, id, new_kind, new_id): stored nodes that become part of another node;
- `records`, `stored`, `incoming`, `good_nodes`: what these were made from;
- `pairs` (pair, relation, start_kind, end_kind, both_ways): the schema's edge tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.loading.identity import Claim, Identity, family_of, resolve
from kedrec.loading.known import join_same_names

if TYPE_CHECKING:
    from kedrec.loading.sources import Source
    from kedrec.loading.staging import Staging
    from kedrec.schema import Schema
    from kedrec.stores import GraphStore

__all__ = ["canonical_nodes", "check_nodes", "stage_schema"]


def stage_schema(staging: Staging, schema: Schema, sources: tuple[Source, ...]) -> None:
    """Makes the tables that the SQL below checks against: `kinds`, `pairs`, `ranks`."""
    # A node may carry the id of any kind of its family: a chemical that is a drug keeps its DrugBank id.
    prefixes = [
        sorted({prefix for kind in family_of(name) for prefix in schema.kinds[kind].prefixes})
        for name in schema.kinds
    ]
    staging.table("kinds", {"kind": list(schema.kinds), "prefixes": prefixes})
    pairs = [(relation, *pair) for relation in schema.relations.values() for pair in relation.pairs]
    staging.table(
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
        (relation.name, action, wording.sign, place)
        for relation in schema.relations.values()
        for place, (action, wording) in enumerate(relation.actions.items())
    ]
    names = ("relation", "action", "sign", "place")
    staging.table("actions", {name: [row[i] for row in actions] for i, name in enumerate(names)})
    staging.table(
        "ranks", {"source": [source.name for source in sources], "rank": [source.rank for source in sources]}
    )


_CHECK_NODES = """
CREATE TABLE checked AS
SELECT n.*,
  CASE
    WHEN k.kind IS NULL THEN 'unknown kind'
    WHEN n.id IS NULL OR NOT regexp_full_match(n.id, '[A-Za-z0-9]+:[^\\s]+') THEN 'not an id (PREFIX:LOCAL)'
    WHEN NOT list_contains(k.prefixes, split_part(n.id, ':', 1))
      THEN 'id of another vocabulary than the kind''s'
    WHEN coalesce(trim(n.name), '') = '' THEN 'no name'
  END AS reason
FROM node_rows AS n LEFT JOIN kinds AS k USING (kind);
DROP TABLE node_rows;
INSERT INTO rejects
SELECT 'nodes', file, line, reason,
  CASE WHEN reason = 'unknown kind' THEN coalesce(kind, '') ELSE coalesce(id, '') END, NULL
FROM checked WHERE reason IS NOT NULL;
-- By its own reason, not by its line: a row of a table of edges may tell of two nodes.
CREATE TABLE good_nodes AS SELECT * EXCLUDE (reason) FROM checked WHERE reason IS NULL;
DROP TABLE checked;
"""

_INCOMING = """
-- One record a kind and id. The name that most rows give is its name; the others are synonyms.
CREATE TABLE incoming AS
WITH named AS (
  SELECT kind, id, trim(name) AS name, count(*) AS n, flatten(list(synonyms)) AS synonyms,
    flatten(list(xrefs)) AS xrefs, max(coalesce(description, '')) AS description
  FROM good_nodes GROUP BY ALL
)
SELECT kind, id, first(name ORDER BY n DESC, name) AS name,
  list_concat(flatten(list(synonyms)), list(name)) AS synonyms,
  list_filter(list_distinct(flatten(list(xrefs))),
    lambda x: regexp_full_match(x, '[A-Za-z0-9]+:[^\\s]+')
      AND list_contains($prefixes, split_part(x, ':', 1))) AS xrefs,
  first(description ORDER BY length(description) DESC, description) AS description, [$source] AS sources,
  (SELECT rank FROM ranks WHERE source = $source) AS rank, false AS stored
FROM named GROUP BY kind, id;
"""


def check_nodes(staging: Staging, source: Source, schema: Schema) -> None:
    """Rejects node rows that the schema doesn't allow; adds up the others in `incoming`, one a node."""
    staging.sql.execute(_CHECK_NODES)
    staging.sql.execute(_INCOMING, {"source": source.name, "prefixes": list(schema.prefixes)})


def _stage_stored(staging: Staging, store: GraphStore, schema: Schema) -> None:
    """Copies the graph's nodes into `stored`."""
    staging.sql.execute(
        "CREATE TABLE stored (kind VARCHAR, id VARCHAR, name VARCHAR, synonyms VARCHAR[], xrefs VARCHAR[], "
        "description VARCHAR, sources VARCHAR[], rank INTEGER)"
    )
    held = store.fingerprint().nodes
    for kind in schema.kinds:
        if held.get(kind):
            staging.sql.register("stored_nodes", store.nodes(kind))
            staging.sql.execute(
                "INSERT INTO stored SELECT ?, id, name, synonyms, xrefs, description, sources, "
                "coalesce((SELECT min(rank) FROM ranks WHERE list_contains(sources, source)), 99) "
                "FROM stored_nodes",
                [kind],
            )
            staging.sql.unregister("stored_nodes")


_NODES = """
CREATE TABLE records AS
SELECT r.*, coalesce(m.new_kind, r.kind) AS new_kind, coalesce(m.new_id, r.id) AS new_id
FROM (
  SELECT kind, id, name, synonyms, xrefs, description, sources, rank, true AS stored FROM stored
  UNION ALL BY NAME SELECT * FROM incoming
) AS r
LEFT JOIN same_as AS m ON m.kind = r.kind AND m.id = r.id;

CREATE TABLE numbers AS
SELECT (row_number() OVER (ORDER BY id, kind))::INTEGER AS node, kind, id
FROM (SELECT DISTINCT new_kind AS kind, new_id AS id FROM records);

CREATE TABLE moved AS
SELECT kind, id, new_kind, new_id FROM records WHERE stored AND (kind <> new_kind OR id <> new_id);

CREATE TABLE touched AS
SELECT DISTINCT new_kind, new_id FROM records WHERE NOT stored OR kind <> new_kind OR id <> new_id;

-- The best source's name is the name; a fresh row before a stored one, so that a corrected name arrives.
CREATE TABLE nodes AS
SELECT n.node, n.kind, n.id, m.name,
  -- A source without names calls a node by its id, which is no synonym.
  list_sort(list_filter(list_distinct(m.synonyms),
    lambda x: x <> m.name AND trim(x) <> '' AND NOT list_contains(m.xrefs, x))) AS synonyms,
  list_sort(list_filter(list_distinct(m.xrefs), lambda x: x <> n.id)) AS xrefs,
  m.description, list_sort(list_distinct(m.sources)) AS sources
FROM (
  SELECT new_kind AS kind, new_id AS id,
    first(name ORDER BY rank, stored, id <> new_id, length(name), name) AS name,
    list_concat(flatten(list(synonyms)), list(name)) AS synonyms,
    list_concat(flatten(list(xrefs)), list(id)) AS xrefs,
    first(description ORDER BY length(description) DESC, description) AS description,
    flatten(list(sources)) AS sources
  FROM records SEMI JOIN touched USING (new_kind, new_id)
  GROUP BY ALL
) AS m
JOIN numbers AS n USING (kind, id);
"""


def canonical_nodes(staging: Staging, source: Source, store: GraphStore, schema: Schema) -> Identity:
    """Finds each node's entity among the graph's and the source's nodes, and merges what is one."""
    sql = staging.sql
    _stage_stored(staging, store, schema)
    join_same_names(staging, source)
    rows = sql.execute(
        "SELECT r.kind, r.id, min(r.rank), list_distinct(flatten(list(list_filter(r.xrefs, "
        "lambda x: list_contains(k.prefixes, split_part(x, ':', 1)))))) "
        "FROM (SELECT kind, id, rank, xrefs FROM stored "
        "UNION ALL SELECT kind, id, rank, xrefs FROM incoming) AS r "
        "JOIN kinds AS k USING (kind) GROUP BY r.kind, r.id"
    ).fetchall()
    identity = resolve((Claim(kind, curie, tuple(xrefs), rank) for kind, curie, rank, xrefs in rows), schema)
    names = ("kind", "id", "new_kind", "new_id")
    for table, pairs in (("same_as", identity.entity), ("aliases", identity.aliases)):
        joined = [(*old, *new) for old, new in pairs.items()]
        staging.table(table, {name: [row[i] for row in joined] for i, name in enumerate(names)})
    sql.execute(_NODES)
    return identity
