// name: degrees
// How many edges and distinct neighbours a node has, by relation, direction and the neighbours' kind.
MATCH (n:{any_kind} {id: $id})-[r]->(m:{any_kind})
RETURN
  type(r) AS relation, true AS forward,
  substring([label IN labels(m) WHERE label IN {marks}][0], 6) AS kind,
  count(r) AS edges, count(DISTINCT m.id) AS neighbours
UNION ALL
MATCH (n:{any_kind} {id: $id})<-[r]-(m:{any_kind})
RETURN
  type(r) AS relation, false AS forward,
  substring([label IN labels(m) WHERE label IN {marks}][0], 6) AS kind,
  count(r) AS edges, count(DISTINCT m.id) AS neighbours
