"""Converts staged edge rows to the graph's edges: checks, direction, merging of parallel rows.

The result is `edges`, one row a key; `staging_tables` declares it and the tables between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.loading.known_entities import known_keys
from kedrec.loading.moved_edges import CONTENT, place_moved_edges

if TYPE_CHECKING:
    from kedrec.loading.staging import Progress, Staging

__all__ = ["canonical_edges"]

_CONTENT = ", ".join(f'"{column}"' for column in CONTENT)

_KEYS = """
-- Keys by which edges name nodes: the source's own, and in some sources ids and names of the graph.
CREATE TABLE named AS
SELECT DISTINCT g.key, n.node, g.kind AS own_kind, g.id AS own_id
FROM good_nodes AS g
JOIN records AS r ON r.loader = $source AND r.kind = g.kind AND r.id = g.id
JOIN numbers AS n ON n.kind = r.new_kind AND n.id = r.new_id;
CREATE TABLE keys AS
SELECT k.key, CASE WHEN count(DISTINCT k.node) = 1 THEN min(k.node) ELSE -1 END AS node,
  any_value(n.kind) AS kind, bool_or(x.records > 1) AS doubled
FROM (
  SELECT key, node FROM named
  {known}
) AS k
JOIN numbers AS n USING (node)
LEFT JOIN (
  SELECT n.node, count(*) AS records
  FROM records AS r JOIN numbers AS n ON n.kind = r.new_kind AND n.id = r.new_id
  WHERE r.loader = $source GROUP BY n.node
) AS x USING (node)
GROUP BY k.key;
"""
_FIND = """
CREATE TABLE found AS
SELECT e.file, e.line, coalesce(e.source, $source) AS source,
  coalesce(e.licence, '') AS licence, list_sort(list_distinct(coalesce(e."references", []))) AS "references",
  coalesce(e.evidence, '') AS evidence, if(isfinite(e.score), e.score, NULL) AS score, e.year,
  coalesce(e.action, '') AS action,
  list_sort(list_distinct(coalesce(e.mechanisms, []))) AS mechanisms,
  p.pair AS forward, q.pair AS backward, s.node AS s, t.node AS t,
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
  (reason IS NULL AND (s.doubled OR t.doubled)) OR coalesce(reason IN
    ('relation not allowed between these kinds', 'start and end are one entity')
      AND (coalesce(e.action, '') = '' OR list_contains(r.actions, e.action)), false) AS keep,
  if(keep, e.start, NULL) AS start_key, if(keep, e."end", NULL) AS end_key,
  if(keep, e.relation, NULL) AS relation
FROM edge_rows AS e
LEFT JOIN (
  SELECT p.relation, any_value(p.both_ways) AS both_ways, list(DISTINCT a.action) AS actions
  FROM pairs AS p LEFT JOIN actions AS a USING (relation) GROUP BY p.relation
) AS r USING (relation)
LEFT JOIN keys AS s ON s.key = e.start
LEFT JOIN keys AS t ON t.key = e."end"
LEFT JOIN pairs AS p ON p.relation = e.relation AND p.start_kind = s.kind AND p.end_kind = t.kind
LEFT JOIN pairs AS q
  ON q.both_ways AND q.relation = e.relation AND q.start_kind = t.kind AND q.end_kind = s.kind
"""

_EDGES = f"""
DROP TABLE edge_rows;
INSERT INTO aside
SELECT $source, f.relation, coalesce(a.own_kind, s.kind), coalesce(a.own_id, s.id),
  coalesce(b.own_kind, t.kind), coalesce(b.own_id, t.id), f.source, {_CONTENT}
FROM found AS f
JOIN numbers AS s ON s.node = f.s JOIN numbers AS t ON t.node = f.t
LEFT JOIN (SELECT key, min(own_kind) AS own_kind, min(own_id) AS own_id FROM named GROUP BY key) AS a
  ON a.key = f.start_key
LEFT JOIN (SELECT key, min(own_kind) AS own_kind, min(own_id) AS own_id FROM named GROUP BY key) AS b
  ON b.key = f.end_key
-- An edge that is wrong by the source's own records stays wrong, whatever others say.
WHERE f.keep AND (f.reason IS NULL OR coalesce(a.own_kind, s.kind) <> s.kind
  OR coalesce(b.own_kind, t.kind) <> t.kind
  OR (f.s = f.t AND (a.own_kind, a.own_id) IS DISTINCT FROM (b.own_kind, b.own_id)));
INSERT INTO rejects SELECT 'edges', file, line, reason, detail, NULL FROM found WHERE reason IS NOT NULL;
CREATE TABLE edges AS
SELECT if(swap, backward, forward) AS pair, if(swap, t, s) AS start, if(swap, s, t) AS "end", source,
  {_CONTENT}, false AS moved
FROM found WHERE reason IS NULL;
DROP TABLE found;
"""  # noqa: S608  # constant names

_MERGE = """
CREATE TEMP TABLE doubled AS
SELECT pair, start, "end", source FROM edges GROUP BY ALL HAVING count(*) > 1;
CREATE TEMP TABLE parallel AS SELECT * FROM edges SEMI JOIN doubled USING (pair, start, "end", source);
DELETE FROM edges USING doubled AS d
WHERE edges.pair = d.pair AND edges.start = d.start AND edges."end" = d."end" AND edges.source = d.source;

-- One action for parallel rows: signed before unsigned; of opposite signs the one in at least twice as many
-- rows, else none, so that the relation's own wording is used; then the most frequent.
CREATE TEMP TABLE said AS
SELECT e.pair, e.start, e."end", e.source, e.action, a.sign, a.place, count(*) AS n
FROM parallel AS e
JOIN pairs AS p USING (pair)
JOIN actions AS a ON a.relation = p.relation AND a.action = e.action
GROUP BY ALL;
CREATE TEMP TABLE chosen AS
SELECT pair, start, "end", source,
  CASE
    WHEN up >= 2 * down AND up > 0 THEN arg_min(action, (-n, place)) FILTER (sign = 1)
    WHEN down >= 2 * up AND down > 0 THEN arg_min(action, (-n, place)) FILTER (sign = -1)
    WHEN up + down > 0 THEN ''
    ELSE arg_min(action, (-n, place))
  END AS action
FROM (
  SELECT *, coalesce(sum(n) FILTER (sign = 1) OVER same, 0) AS up,
    coalesce(sum(n) FILTER (sign = -1) OVER same, 0) AS down
  FROM said WINDOW same AS (PARTITION BY pair, start, "end", source)
)
GROUP BY pair, start, "end", source, up, down;

INSERT INTO edges BY NAME
SELECT e.pair, e.start, e."end", e.source,
  array_to_string(list_sort(list_distinct(list(e.licence))), ' / ') AS licence,
  list_sort(list_distinct(flatten(list(e."references")))) AS "references",
  array_to_string(list_sort(list_distinct(flatten(list(string_split(e.evidence, '; '))))), '; ') AS evidence,
  max(e.score) AS score, min(e.year) AS year, coalesce(any_value(c.action), '') AS action,
  list_sort(list_distinct(flatten(list(e.mechanisms)))) AS mechanisms, bool_and(e.moved) AS moved
FROM parallel AS e LEFT JOIN chosen AS c USING (pair, start, "end", source)
GROUP BY e.pair, e.start, e."end", e.source;
DROP TABLE doubled; DROP TABLE parallel; DROP TABLE said; DROP TABLE chosen;
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
    quoted = "'" + source.replace("'", "''") + "'"
    sql.execute(_KEYS.format(known=known_keys(staging) if known else "").replace("$source", quoted))
    sql.execute(_FIND, {"source": source})
    sql.execute(_EDGES.replace("$source", quoted))
    progress(stage, 1, 3)
    sql.execute('CREATE TABLE dropped (pair SMALLINT, start VARCHAR, "end" VARCHAR, source VARCHAR)')
    place_moved_edges(staging)
    progress(stage, 2, 3)
    sql.execute(_MERGE)
    staging.drop("keys", "named")
    progress(stage, 3, 3)
