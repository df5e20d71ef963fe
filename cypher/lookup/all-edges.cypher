// name: all-edges
// fills: relation, start_kind, end_kind, columns
MATCH (a:`{start_kind}`)-[r:`{relation}`]->(b:`{end_kind}`)
RETURN {columns}
