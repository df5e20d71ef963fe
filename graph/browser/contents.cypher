// What is in the graph: nodes by kind, edges by relation and source
CALL () {
  MATCH (n)
  UNWIND [label IN labels(n) WHERE 'Kedrec' + label IN labels(n)] AS kind
  RETURN 'nodes' AS what, kind AS of, '' AS source, count(*) AS number
  UNION ALL
  MATCH ()-[r {kedrec: true}]->()
  RETURN 'edges' AS what, type(r) AS of, r.source AS source, count(*) AS number
}
RETURN what, of, source, number
ORDER BY what DESC, number DESC, of, source
