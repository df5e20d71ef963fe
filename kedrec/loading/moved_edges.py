"""Moves edges of other sources whose ends become other nodes when a source is loaded, changed or removed.

Reads the affected edges from the graph, finds the nodes that their ends are now, and adds the edges there.
A node without a record in any source stays if an edge of another source ends at it: that source gets a record
of it, marked `held`. `staging_tables` declares the tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from kedrec.loading.kind_families import family_of

if TYPE_CHECKING:
    from kedrec.loading.staging import Staging
    from kedrec.loading.state import SourceState
    from kedrec.stores import GraphTarget

__all__ = ["CONTENT", "place_moved_edges", "stage_moving_edges", "stage_stored_edges", "tables_of"]

CONTENT = ("licence", "references", "evidence", "score", "year", "action", "mechanisms")
"""Columns of an edge other than its key."""
_CONTENT = ", ".join(f'"{column}"' for column in CONTENT)

_NODE_CHANGES = """
-- The record of each node of the graph, by source. A node of several records of one source is several nodes
-- to that source's edges; those edges are stored with the source's records.
INSERT INTO node_changes BY NAME
SELECT loader, old_kind AS kind, old_id AS id, count(*) > 1 AS ambiguous, any_value(kind) AS own_kind,
  any_value(id) AS own_id, any_value(new_kind) AS new_kind, any_value(new_id) AS new_id,
  bool_or(old_kind <> new_kind OR old_id <> new_id) AS changed
FROM records WHERE old_id IS NOT NULL GROUP BY loader, old_kind, old_id;
-- The node of each id that a source's edges may name although none of its records has it.
INSERT INTO id_nodes BY NAME
SELECT kind, id, any_value(new_kind) AS new_kind, any_value(new_id) AS new_id FROM (
  SELECT kind, id, new_kind, new_id FROM records
  UNION ALL SELECT kind, id, new_kind, new_id FROM aliases ANTI JOIN records USING (kind, id)
) GROUP BY kind, id;
INSERT INTO unclaimed_nodes BY NAME
SELECT kind, id FROM stored_nodes
ANTI JOIN (SELECT new_kind AS kind, new_id AS id FROM records) USING (kind, id);
INSERT INTO affected_sources BY NAME
SELECT DISTINCT loader FROM node_changes WHERE changed AND loader <> $source;
"""
_CHANGED_KINDS = """
SELECT DISTINCT unnest([kind, new_kind]) FROM node_changes WHERE changed
UNION SELECT DISTINCT kind FROM unclaimed_nodes
"""
_MOVING = f"""
INSERT INTO movable_edges BY NAME
SELECT l.loader, false AS is_source_edge, e.pair AS old_pair, e.start AS old_start, e."end" AS old_end,
  p.relation,
  coalesce(a.ambiguous, false) OR coalesce(b.ambiguous, false) AS ambiguous,
  coalesce(a.own_kind, p.start_kind) AS own_start_kind, coalesce(a.own_id, e.start) AS own_start,
  coalesce(b.own_kind, p.end_kind) AS own_end_kind, coalesce(b.own_id, e."end") AS own_end,
  coalesce(a.new_kind, h.new_kind, p.start_kind) AS start_kind,
  coalesce(a.new_id, h.new_id, e.start) AS start,
  coalesce(b.new_kind, i.new_kind, p.end_kind) AS end_kind,
  coalesce(b.new_id, i.new_id, e."end") AS "end",
  e.source, {_CONTENT}
FROM stored_edges AS e
JOIN edge_sources AS l USING (source)
JOIN pairs AS p USING (pair)
LEFT JOIN node_changes AS a ON a.loader = l.loader AND a.kind = p.start_kind AND a.id = e.start
LEFT JOIN node_changes AS b ON b.loader = l.loader AND b.kind = p.end_kind AND b.id = e."end"
LEFT JOIN id_nodes AS h ON h.kind = p.start_kind AND h.id = e.start
LEFT JOIN id_nodes AS i ON i.kind = p.end_kind AND i.id = e."end"
WHERE l.loader <> $source
UNION ALL
SELECT x.loader, true, NULL, NULL, NULL, x.relation, false, x.start_kind, x.start, x.end_kind, x."end",
  coalesce(a.new_kind, h.new_kind, x.start_kind), coalesce(a.new_id, h.new_id, x.start),
  coalesce(b.new_kind, i.new_kind, x.end_kind), coalesce(b.new_id, i.new_id, x."end"), x.source, {_CONTENT}
FROM source_edges AS x
JOIN affected_sources USING (loader)
LEFT JOIN records AS a ON a.loader = x.loader AND a.kind = x.start_kind AND a.id = x.start
LEFT JOIN records AS b ON b.loader = x.loader AND b.kind = x.end_kind AND b.id = x."end"
LEFT JOIN id_nodes AS h ON h.kind = x.start_kind AND h.id = x.start
LEFT JOIN id_nodes AS i ON i.kind = x.end_kind AND i.id = x."end";
"""  # noqa: S608  # constant names
_HOLD_NODES = """
INSERT INTO records
SELECT DISTINCT m.loader, s.kind, s.id, s.name, s.synonyms, []::VARCHAR[], s.description, true, s.kind, s.id,
  coalesce((SELECT min(r.rank) FROM ranks AS r WHERE r.source = m.loader), 99), s.kind, s.id
FROM (
  SELECT loader, start_kind AS kind, start AS id FROM movable_edges WHERE NOT ambiguous
  UNION SELECT loader, end_kind, "end" FROM movable_edges WHERE NOT ambiguous
) AS m
JOIN unclaimed_nodes USING (kind, id)
JOIN stored_nodes AS s USING (kind, id);
"""
_PLACE_EDGES = f"""
INSERT INTO shared_nodes BY NAME
SELECT r.loader, n.node FROM records AS r JOIN node_numbers AS n ON n.kind = r.new_kind AND n.id = r.new_id
GROUP BY ALL HAVING count(*) > 1;

INSERT INTO placed_edges BY NAME
SELECT m.*, s.node AS start_node, t.node AS end_node, q.pair AS forward, b.pair AS backward,
  coalesce(s.node <> t.node AND coalesce(q.pair, b.pair) IS NOT NULL, false) AS valid,
  coalesce(q.both_ways, b.both_ways, false)
    AND (q.pair IS NULL OR (b.pair IS NOT NULL AND s.node > t.node)) AS swap,
  EXISTS (SELECT 1 FROM shared_nodes AS x WHERE x.loader = m.loader AND x.node IN (s.node, t.node))
    AS ambiguous_now
FROM movable_edges AS m
LEFT JOIN node_numbers AS s ON s.kind = m.start_kind AND s.id = m.start
LEFT JOIN node_numbers AS t ON t.kind = m.end_kind AND t.id = m."end"
LEFT JOIN pairs AS q ON q.relation = m.relation AND q.start_kind = m.start_kind AND q.end_kind = m.end_kind
LEFT JOIN pairs AS b ON b.both_ways AND b.relation = m.relation AND b.start_kind = m.end_kind
  AND b.end_kind = m.start_kind
WHERE NOT m.ambiguous;
INSERT INTO old_edge_keys
SELECT old_pair, old_start, old_end, source FROM movable_edges WHERE NOT is_source_edge;
DROP TABLE movable_edges;

INSERT INTO rejects
SELECT 'stored', NULL, NULL,
  if(start_node = end_node, 'start and end are one entity', 'relation not allowed between these kinds')
    || ' after merging',
  old_start || ' ' || old_end || ' (' || source || ')', ''
FROM placed_edges WHERE NOT valid AND NOT is_source_edge;
INSERT INTO merged_edges BY NAME
SELECT if(swap, backward, forward) AS pair, if(swap, end_node, start_node) AS start,
  if(swap, start_node, end_node) AS "end", source,
  {_CONTENT}, true AS moved
FROM placed_edges WHERE valid;

DELETE FROM source_edges WHERE loader IN (SELECT loader FROM affected_sources);
INSERT INTO source_edges
SELECT loader, relation, own_start_kind, own_start, own_end_kind, own_end, source, {_CONTENT}
FROM placed_edges WHERE NOT valid OR ambiguous_now;
DROP TABLE placed_edges;
"""  # noqa: S608  # constant names


def tables_of(states: Iterable[SourceState]) -> set[tuple[str, str, str]]:
    """Relation, start kind and end kind of every table that may have edges of these sources."""
    return {
        (relation, *ends)
        for state in states
        for relation, start, end in (pair.split("/") for pair in state.pairs)
        for start_kind in family_of(start)
        for end_kind in family_of(end)
        for ends in ((start_kind, end_kind), (end_kind, start_kind))
    }


def stage_stored_edges(
    staging: Staging, store: GraphTarget, tables: set[tuple[str, str, str]], sources: list[str]
) -> None:
    """Copies stored edges of some tables and sources into `stored_edges`."""
    sql = staging.sql
    relations = {relation for relation, source in store.fingerprint().edges if source in sources}
    rows = sql.execute("SELECT pair, relation, start_kind, end_kind FROM pairs ORDER BY pair").fetchall()
    for pair, relation, start_kind, end_kind in rows:
        # A server takes longer to plan a query than to run it, so tables that must be empty are skipped.
        if relation not in relations or (relation, start_kind, end_kind) not in tables:
            continue
        for batch in store.edges(relation, start_kind, end_kind, sources=sources):
            sql.register("stored_batch", batch)
            sql.execute(
                f'INSERT INTO stored_edges SELECT ?, start, "end", source, {_CONTENT} FROM stored_batch',  # noqa: S608  # constant names
                [pair],
            )
            sql.unregister("stored_batch")


def stage_moving_edges(
    staging: Staging, source: str, states: Mapping[str, SourceState], store: GraphTarget
) -> None:
    """Copies the edges of other sources that may move from the graph, and keeps the nodes that they need."""
    sql = staging.sql
    staging.create(
        "node_changes", "id_nodes", "unclaimed_nodes", "affected_sources", "stored_edges", "movable_edges"
    )
    sql.execute(_NODE_CHANGES.replace("$source", "'" + source.replace("'", "''") + "'"))
    changed_kinds = {row[0] for row in sql.execute(_CHANGED_KINDS).fetchall()}
    dependent_sources = [
        name for name, state in states.items() if name != source and (state.known or state.state != "loaded")
    ]
    if changed_kinds and dependent_sources:
        sql.execute(
            "INSERT INTO affected_sources SELECT unnest(?) EXCEPT SELECT loader FROM affected_sources",
            [dependent_sources],
        )
    affected = {row[0] for row in sql.execute("SELECT loader FROM affected_sources").fetchall()}
    names = [edge_source for name in sorted(affected) for edge_source in states[name].names]
    if names:
        possible_tables = tables_of(states[name] for name in affected)
        stage_stored_edges(staging, store, possible_tables & _movable_tables(staging, changed_kinds), names)
    sql.execute(_MOVING, {"source": source})
    sql.execute(_HOLD_NODES)
    staging.create("changed_sources")
    sql.execute("INSERT INTO changed_sources SELECT loader FROM affected_sources")


def _movable_tables(staging: Staging, changed_kinds: set[str]) -> set[tuple[str, str, str]]:
    """Tables whose edges may move: a node may change to any kind of its family."""
    kinds = {member for kind in changed_kinds for member in family_of(kind)}
    query = (
        "SELECT DISTINCT relation, start_kind, end_kind "
        "FROM source_edges JOIN affected_sources USING (loader)"
    )
    source_tables = {
        (relation, *ends)
        for relation, start, end in staging.sql.execute(query).fetchall()
        for start_kind in family_of(start)
        for end_kind in family_of(end)
        for ends in ((start_kind, end_kind), (end_kind, start_kind))
    }
    rows = staging.sql.execute("SELECT relation, start_kind, end_kind FROM pairs").fetchall()
    return {
        (relation, start, end)
        for relation, start, end in rows
        if start in kinds or end in kinds or (relation, start, end) in source_tables
    }


def place_moved_edges(staging: Staging) -> None:
    """Adds the edges of other sources to `merged_edges`, at the nodes that their ends are now."""
    staging.create("shared_nodes", "placed_edges")
    staging.sql.execute(_PLACE_EDGES)
