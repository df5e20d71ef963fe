// What is in the graph: nodes by kind, edges by relation and source
CALL () {
  MATCH (n) WHERE NOT n:KedrecMetadata AND NOT n:KedrecBatch
  RETURN 'nodes' AS what, labels(n)[0] AS of, '' AS source, count(*) AS number
  UNION ALL
  MATCH ()-[r]->()
  RETURN 'edges' AS what, type(r) AS of, r.source AS source, count(*) AS number
}
RETURN what, of, source, number
ORDER BY what DESC, number DESC, of, source
