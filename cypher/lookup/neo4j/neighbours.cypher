// name: neighbours
// A node's edges with the nodes at their other ends; `forward` where the edge leaves the node.
MATCH (n:{any_kind} {id: $id})-[r]->(m:{any_kind})
RETURN
  type(r) AS relation, true AS forward, m.id AS id,
  substring([label IN labels(m) WHERE label IN {marks}][0], 6) AS kind, m.name AS name, r AS edge
ORDER BY relation, id, r.source
LIMIT $limit
UNION ALL
MATCH (n:{any_kind} {id: $id})<-[r]-(m:{any_kind})
RETURN
  type(r) AS relation, false AS forward, m.id AS id,
  substring([label IN labels(m) WHERE label IN {marks}][0], 6) AS kind, m.name AS name, r AS edge
ORDER BY relation, id, r.source
LIMIT $limit
