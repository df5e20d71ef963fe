"""From staged edge rows to the graph's own edges: checks, direction, merging of parallel rows.

Leaves `edges` (pair, start, end, source, ..., moved): what the touched edges shall be, one row a key;
`start` and `end` are numbers of `numbers`. And `gone` (pair, start, end, source): keys of stored edges
whose ends became other nodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedrec.loading.identity import family_of
from kedrec.loading.known import known_keys

if TYPE_CHECKING:
    from kedrec.loading.sources import Source
    from kedrec.loading.staging import Progress, Staging
    from kedrec.schema import Schema
    from kedrec.stores import GraphStore

__all__ = ["CONTENT", "canonical_edges", "stage_stored_edges"]

CONTENT = ("licence", "references", "evidence", "score", "year", "action", "mechanisms")
"""Columns of an edge beside its key."""
_CONTENT = ", ".join(f'"{column}"' for column in CONTENT)

_KEYS = """
-- How edges name nodes: by the source's key, and in some sources as the graph knows them.
CREATE TABLE keys AS
SELECT k.key, CASE WHEN count(DISTINCT k.node) = 1 THEN min(k.node) ELSE -1 END AS node,
  any_value(n.kind) AS kind
FROM (
  SELECT g.key, n.node
  FROM good_nodes AS g
  JOIN records AS r ON NOT r.stored AND r.kind = g.kind AND r.id = g.id
  JOIN numbers AS n ON n.kind = r.new_kind AND n.id = r.new_id
  {known}
) AS k
JOIN numbers AS n USING (node)
GROUP BY k.key;
"""
_FIND = """
CREATE TABLE found AS
SELECT e.file, e.line, coalesce(e.source, $source) AS source,
  coalesce(e.licence, '') AS licence, list_sort(list_distinct(coalesce(e."references", []))) AS "references",
  coalesce(e.evidence, '') AS evidence, e.score, e.year, coalesce(e.action, '') AS action,
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
  END AS detail
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

-- One action for parallel rows: signed before unsigned; of opposite signs the one said at least twice as
-- often, else none, which the relation's own words tell; then the commonest.
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

_MOVED = f"""
CREATE TEMP TABLE shifted AS
SELECT e.pair AS old_pair, e.start AS old_start, e."end" AS old_end, e.source, {_CONTENT},
  q.pair AS forward, r.pair AS backward, s.node AS s, t.node AS t, p.both_ways
FROM stored_edges AS e
JOIN pairs AS p USING (pair)
LEFT JOIN moved AS a ON a.kind = p.start_kind AND a.id = e.start
LEFT JOIN moved AS b ON b.kind = p.end_kind AND b.id = e."end"
JOIN numbers AS s ON s.kind = coalesce(a.new_kind, p.start_kind) AND s.id = coalesce(a.new_id, e.start)
JOIN numbers AS t ON t.kind = coalesce(b.new_kind, p.end_kind) AND t.id = coalesce(b.new_id, e."end")
LEFT JOIN pairs AS q ON q.relation = p.relation AND q.start_kind = s.kind AND q.end_kind = t.kind
LEFT JOIN pairs AS r
  ON r.relation = p.relation AND r.start_kind = t.kind AND r.end_kind = s.kind AND p.both_ways
WHERE a.id IS NOT NULL OR b.id IS NOT NULL;

INSERT INTO gone SELECT old_pair, old_start, old_end, source FROM shifted;
INSERT INTO rejects
SELECT 'stored', NULL, NULL,
  if(s = t, 'start and end are one entity', 'relation not allowed between these kinds') || ' after merging',
  old_start || ' ' || old_end || ' (' || source || ')', ''
FROM shifted WHERE s = t OR coalesce(forward, backward) IS NULL;
INSERT INTO edges BY NAME
SELECT if(swap, backward, forward) AS pair, if(swap, t, s) AS start, if(swap, s, t) AS "end", source,
  {_CONTENT}, true AS moved
FROM (SELECT *, both_ways AND (forward IS NULL OR (backward IS NOT NULL AND s > t)) AS swap FROM shifted)
WHERE s <> t AND coalesce(forward, backward) IS NOT NULL;
-- An edge that is there already under the new ends adds to the moved one.
INSERT INTO edges BY NAME
SELECT e.pair, s.node AS start, t.node AS "end", e.source, {_CONTENT}, true AS moved
FROM stored_edges AS e
JOIN pairs AS p USING (pair)
JOIN numbers AS s ON s.kind = p.start_kind AND s.id = e.start
JOIN numbers AS t ON t.kind = p.end_kind AND t.id = e."end"
SEMI JOIN (SELECT pair, start AS n, "end" AS m, source FROM edges WHERE moved) AS x
  ON x.pair = e.pair AND x.n = s.node AND x.m = t.node AND x.source = e.source
ANTI JOIN shifted AS o
  ON o.old_pair = e.pair AND o.old_start = e.start AND o.old_end = e."end" AND o.source = e.source;
DROP TABLE shifted;
"""  # noqa: S608  # constant names


def stage_stored_edges(
    staging: Staging, store: GraphStore, pairs: list[int], sources: list[str] | None
) -> None:
    """Copies stored edges of some pairs into `stored_edges`; of all sources where `sources` is None.

    A pair whose edges are there already is passed over.
    """
    sql = staging.sql
    sql.execute(
        'CREATE TABLE IF NOT EXISTS stored_edges (pair SMALLINT, start VARCHAR, "end" VARCHAR, '
        'source VARCHAR, licence VARCHAR, "references" VARCHAR[], evidence VARCHAR, score DOUBLE, '
        "year BIGINT, action VARCHAR, "
        "mechanisms VARCHAR[])"
    )
    there = {row[0] for row in sql.execute("SELECT DISTINCT pair FROM stored_edges").fetchall()}
    held = {(relation, source) for relation, source in store.fingerprint().edges}
    chosen = sql.execute(
        "SELECT pair, relation, start_kind, end_kind FROM pairs WHERE list_contains(?, pair) ORDER BY pair",
        [pairs],
    ).fetchall()
    for pair, relation, start_kind, end_kind in chosen:
        if pair in there or not any(r == relation and (sources is None or s in sources) for r, s in held):
            continue
        for batch in store.edges(relation, start_kind, end_kind):
            sql.register("stored_batch", batch)
            sql.execute(
                f'INSERT INTO stored_edges SELECT ?, start, "end", source, {_CONTENT} FROM stored_batch '  # noqa: S608  # constant names
                "WHERE ? OR list_contains(?, source)",
                [pair, sources is None, sources or []],
            )
            sql.unregister("stored_batch")


def canonical_edges(
    staging: Staging, source: Source, store: GraphStore, schema: Schema, progress: Progress
) -> None:
    """Checks the staged edge rows, adds the stored edges whose ends moved, and merges parallel rows.

    Needs the tables of `canonical_nodes`.
    """
    sql = staging.sql
    stage = f"Resolving {source.name}"
    progress(stage, 0, 3)
    sql.execute(_KEYS.format(known=known_keys(staging) if source.known else ""))
    sql.execute(_FIND, {"source": source.name})
    sql.execute(_EDGES)
    progress(stage, 1, 3)
    sql.execute('CREATE TABLE gone (pair SMALLINT, start VARCHAR, "end" VARCHAR, source VARCHAR)')
    kinds = {row[0] for row in sql.execute("SELECT DISTINCT kind FROM moved").fetchall()}
    if kinds:
        # Edges of the kinds that moved, and of those they moved into, may merge.
        wide = {member for kind in kinds for member in family_of(kind)} & schema.kinds.keys()
        pairs = sql.execute(
            "SELECT pair FROM pairs WHERE list_contains(?, start_kind) OR list_contains(?, end_kind)",
            [sorted(wide), sorted(wide)],
        ).fetchall()
        stage_stored_edges(staging, store, [row[0] for row in pairs], None)
        sql.execute(_MOVED)
    progress(stage, 2, 3)
    sql.execute(_MERGE)
    progress(stage, 3, 3)
