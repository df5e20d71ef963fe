// name: edges-between
// Every edge from one of the nodes $from_ids to one of $to_ids, whatever its relation.
MATCH (a:{any_kind})-[r]->(b:{any_kind})
WHERE a.id IN $from_ids AND b.id IN $to_ids
RETURN a.id AS start_id, label(r) AS relation, b.id AS end_id, r AS edge
ORDER BY start_id, relation, end_id, r.source
