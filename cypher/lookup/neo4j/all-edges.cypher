// name: all-edges
// fills: relation, start_kind, end_kind, columns, names
// Node by node, so that the server never holds more than one node's edges; the ends of edges that are
// otherwise equal come in one list, since the driver takes 20 microseconds a row.
MATCH (a:`{start_kind}`)
CALL (a) {
  MATCH (a)-[r:`{relation}`]->(b:`{end_kind}`)
  RETURN {columns}, collect(b.id) AS ends
}
RETURN {names}, ends
