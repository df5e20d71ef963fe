"""Converts staged edge rows to the graph's edges: checks, direction, merging of parallel rows.

The result is `merged_edges`, one row a key; `staging_tables` declares it and the tables between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.loading.known_entities import known_keys
from kedrec.loading.moved_edges import CONTENT, place_moved_edges

if TYPE_CHECKING:
    from kedrec.common.progress import Progress
    from kedrec.loading.staging import Staging

__all__ = ["canonical_edges"]

_CONTENT = ", ".join(f'"{column}"' for column in CONTENT)

_KEYS = """
-- Keys by which edges name nodes: the source's own, and in some sources ids and names of the graph.
INSERT INTO own_keys BY NAME
SELECT DISTINCT g.key, n.node, g.kind AS own_kind, g.id AS own_id
FROM valid_nodes AS g
JOIN records AS r ON r.loader = $source AND r.kind = g.kind AND r.id = g.id
JOIN node_numbers AS n ON n.kind = r.new_kind AND n.id = r.new_id;
INSERT INTO node_keys BY NAME
SELECT k.key, CASE WHEN count(DISTINCT k.node) = 1 THEN min(k.node) ELSE -1 END AS node,
  any_value(n.kind) AS kind, bool_or(x.records > 1) AS ambiguous
FROM (
  SELECT key, node FROM own_keys
  {known}
) AS k
JOIN node_numbers AS n USING (node)
LEFT JOIN (
  SELECT n.node, count(*) AS records
  FROM records AS r JOIN node_numbers AS n ON n.kind = r.new_kind AND n.id = r.new_id
  WHERE r.loader = $source GROUP BY n.node
) AS x USING (node)
GROUP BY k.key;
"""
_CHECK_EDGES = """
INSERT INTO checked_edges BY NAME
SELECT e.file, e.line, coalesce(e.source, $source) AS source,
  coalesce(e.licence, '') AS licence, list_sort(list_distinct(coalesce(e."references", []))) AS "references",
  coalesce(e.evidence, '') AS evidence, if(isfinite(e.score), e.score, NULL) AS score, e.year,
  coalesce(e.action, '') AS action,
  list_sort(list_distinct(coalesce(e.mechanisms, []))) AS mechanisms,
  p.pair AS forward, q.pair AS backward, s.node AS start_node, t.node AS end_node,
  r.both_ways AND (p.pair IS NULL OR (q.pair IS NOT NULL AND s.node > t.node)) AS swap,
  CASE
    WHEN r.relation IS NULL THEN 'unknown relation'
    WHEN s.node = -1 THEN if(e.start LIKE 'name:%', 'name of several nodes', 'id of several nodes')
    WHEN t.node = -1 THEN if(e."end" LIKE 'name:%', 'name of several nodes', 'id of several nodes')
    WHEN s.node IS NULL THEN if(e.start LIKE 'name:%', 'name that no node has', 'unknown id')
    WHEN t.node IS NULL THEN if(e."end" LIKE 'name:%', 'name that no node has', 'unknown id')
    WHEN p.pair IS NULL AND (q.pair IS NULL OR NOT r.both_ways)
      THEN 'relation not allowed between these kinds'
    WHEN s.node = t.node THEN 'start and end are one entity'
    WHEN e.action <> '' AND NOT list_contains(r.actions, e.action) THEN 'unknown action'
  END AS reason,
  CASE
    WHEN reason IS NULL THEN NULL
    WHEN r.relation IS NULL THEN coalesce(e.relation, '')
    WHEN s.node IS NULL OR s.node = -1 THEN coalesce(e.start, '')
    WHEN t.node IS NULL OR t.node = -1 THEN coalesce(e."end", '')
    WHEN reason = 'unknown action' THEN e.action
    ELSE s.kind || ' ' || r.relation || ' ' || t.kind
  END AS detail,
  -- Edges that must be stored between the source's own records: another source may change their nodes.
  (reason IS NULL AND (s.ambiguous OR t.ambiguous)) OR coalesce(reason IN
    ('relation not allowed between these kinds', 'start and end are one entity')
      AND (coalesce(e.action, '') = '' OR list_contains(r.actions, e.action)), false) AS is_source_edge,
  if(is_source_edge, e.start, NULL) AS start_key, if(is_source_edge, e."end", NULL) AS end_key,
  if(is_source_edge, e.relation, NULL) AS relation
FROM edge_rows AS e
LEFT JOIN (
  SELECT p.relation, any_value(p.both_ways) AS both_ways, list(DISTINCT a.action) AS actions
  FROM pairs AS p LEFT JOIN actions AS a USING (relation) GROUP BY p.relation
) AS r USING (relation)
LEFT JOIN node_keys AS s ON s.key = e.start
LEFT JOIN node_keys AS t ON t.key = e."end"
LEFT JOIN pairs AS p ON p.relation = e.relation AND p.start_kind = s.kind AND p.end_kind = t.kind
LEFT JOIN pairs AS q
  ON q.both_ways AND q.relation = e.relation AND q.start_kind = t.kind AND q.end_kind = s.kind
"""

_PLACE_CHECKED = f"""
DROP TABLE edge_rows;
INSERT INTO source_edges
SELECT $source, f.relation, coalesce(a.own_kind, s.kind), coalesce(a.own_id, s.id),
  coalesce(b.own_kind, t.kind), coalesce(b.own_id, t.id), f.source, {_CONTENT}
FROM checked_edges AS f
JOIN node_numbers AS s ON s.node = f.start_node JOIN node_numbers AS t ON t.node = f.end_node
LEFT JOIN (SELECT key, min(own_kind) AS own_kind, min(own_id) AS own_id FROM own_keys GROUP BY key) AS a
  ON a.key = f.start_key
LEFT JOIN (SELECT key, min(own_kind) AS own_kind, min(own_id) AS own_id FROM own_keys GROUP BY key) AS b
  ON b.key = f.end_key
-- An edge that is wrong by the source's own records stays wrong, whatever others say.
WHERE f.is_source_edge AND (f.reason IS NULL OR coalesce(a.own_kind, s.kind) <> s.kind
  OR coalesce(b.own_kind, t.kind) <> t.kind
  OR (f.start_node = f.end_node AND (a.own_kind, a.own_id) IS DISTINCT FROM (b.own_kind, b.own_id)));
INSERT INTO rejects
SELECT 'edges', file, line, reason, detail, NULL FROM checked_edges WHERE reason IS NOT NULL;
INSERT INTO merged_edges BY NAME
SELECT if(swap, backward, forward) AS pair, if(swap, end_node, start_node) AS start,
  if(swap, start_node, end_node) AS "end", source,
  {_CONTENT}, false AS moved
FROM checked_edges WHERE reason IS NULL;
DROP TABLE checked_edges;
"""  # noqa: S608  # constant names

_MERGE = """
INSERT INTO parallel_keys BY NAME
SELECT pair, start, "end", source FROM merged_edges GROUP BY ALL HAVING count(*) > 1;
INSERT INTO parallel_edges BY NAME
SELECT * EXCLUDE (state) FROM merged_edges SEMI JOIN parallel_keys USING (pair, start, "end", source);
DELETE FROM merged_edges USING parallel_keys AS d
WHERE merged_edges.pair = d.pair AND merged_edges.start = d.start AND merged_edges."end" = d."end"
  AND merged_edges.source = d.source;

-- One action for parallel rows: signed before unsigned; of opposite signs the one in at least twice as many
-- rows, else none, so that the relation's own wording is used; then the most frequent.
INSERT INTO action_counts BY NAME
SELECT e.pair, e.start, e."end", e.source, e.action, a.sign, a.position, count(*) AS n
FROM parallel_edges AS e
JOIN pairs AS p USING (pair)
JOIN actions AS a ON a.relation = p.relation AND a.action = e.action
GROUP BY ALL;
INSERT INTO chosen_actions BY NAME
SELECT pair, start, "end", source,
  CASE
    WHEN up >= 2 * down AND up > 0 THEN arg_min(action, (-n, position)) FILTER (sign = 1)
    WHEN down >= 2 * up AND down > 0 THEN arg_min(action, (-n, position)) FILTER (sign = -1)
    WHEN up + down > 0 THEN ''
    ELSE arg_min(action, (-n, position))
  END AS action
FROM (
  SELECT *, coalesce(sum(n) FILTER (sign = 1) OVER same, 0) AS up,
    coalesce(sum(n) FILTER (sign = -1) OVER same, 0) AS down
  FROM action_counts WINDOW same AS (PARTITION BY pair, start, "end", source)
)
GROUP BY pair, start, "end", source, up, down;

INSERT INTO merged_edges BY NAME
SELECT e.pair, e.start, e."end", e.source,
  array_to_string(list_sort(list_distinct(list(e.licence))), ' / ') AS licence,
  list_sort(list_distinct(flatten(list(e."references")))) AS "references",
  array_to_string(list_sort(list_distinct(flatten(list(string_split(e.evidence, '; '))))), '; ') AS evidence,
  max(e.score) AS score, min(e.year) AS year, coalesce(any_value(c.action), '') AS action,
  list_sort(list_distinct(flatten(list(e.mechanisms)))) AS mechanisms, bool_and(e.moved) AS moved
FROM parallel_edges AS e LEFT JOIN chosen_actions AS c USING (pair, start, "end", source)
GROUP BY e.pair, e.start, e."end", e.source;
DROP TABLE parallel_keys; DROP TABLE parallel_edges; DROP TABLE action_counts; DROP TABLE chosen_actions;
"""


def canonical_edges(staging: Staging, source: str, *, known: bool, progress: Progress) -> None:
    """Checks the staged edge rows, adds other sources' edges whose ends moved, and merges parallel rows.

    `canonical_nodes` must have run before.

    Args:
        staging: staging area with the source's rows.
        source: name of the source.
        known: whether its edges may name nodes by ids and names of the graph.
        progress: progress callback.
    """
    sql = staging.sql
    stage = f"Resolving {source}"
    progress(stage, 0, 3)
    staging.create("own_keys", "node_keys", "checked_edges", "merged_edges")
    quoted = "'" + source.replace("'", "''") + "'"
    sql.execute(_KEYS.format(known=known_keys(staging) if known else "").replace("$source", quoted))
    sql.execute(_CHECK_EDGES, {"source": source})
    sql.execute(_PLACE_CHECKED.replace("$source", quoted))
    progress(stage, 1, 3)
    staging.create("old_edge_keys")
    place_moved_edges(staging)
    progress(stage, 2, 3)
    staging.create("parallel_keys", "parallel_edges", "action_counts", "chosen_actions")
    sql.execute(_MERGE)
    staging.drop("node_keys", "own_keys")
    progress(stage, 3, 3)
