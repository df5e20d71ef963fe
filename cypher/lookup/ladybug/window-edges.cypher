// name: window-edges
// fills: relation, start_kind, end_kind, columns
// The edges of some of the start nodes, by their places in the table, and of some sources where any are named: the
// engine holds the whole of a result in memory.
MATCH (a:`{start_kind}`)-[r:`{relation}`]->(b:`{end_kind}`)
WHERE offset(id(a)) >= $low AND offset(id(a)) < $high AND (size($sources) = 0 OR r.source IN $sources)
RETURN {columns}
