// name: relation-between
// fills: relation, start_kind, end_kind
// The edges of a relation from some nodes to some others, with the names of both ends.
// The ends are looked at in a second step: asked for at once, the embedded engine reads all nodes of their kind.
MATCH (a:`{start_kind}`)-[r:`{relation}`]->(b:`{end_kind}`)
WHERE a.id IN $start_ids
WITH a, r, b
WHERE b.id IN $end_ids
RETURN a.id AS start_id, a.name AS start_name, b.id AS end_id, b.name AS end_name, r AS edge
ORDER BY start_id, end_id, r.source
