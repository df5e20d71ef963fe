// name: relation-from
// fills: relation, start_kind, end_kind
// The edges of a relation from one node to some others, in no order. The engine finds one node by its id in the
// index, and reads all nodes of the kind to find several; sorting costs it as much as all the rest.
MATCH (a:`{start_kind}` {id: $start_id})-[r:`{relation}`]->(b:`{end_kind}`)
WITH a, r, b
WHERE b.id IN $end_ids
RETURN a.id AS start_id, a.name AS start_name, b.id AS end_id, b.name AS end_name, r AS edge
