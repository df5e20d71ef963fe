// name: source-edges
// fills: relation, start_kind, end_kind, columns, names
// As all-edges, of some sources only: what is left out doesn't leave the server.
MATCH (a:`{start_kind}`)
CALL (a) {
  MATCH (a)-[r:`{relation}`]->(b:`{end_kind}`)
  WHERE r.source IN $sources
  RETURN {columns}, collect(b.id) AS ends
}
RETURN {names}, ends
