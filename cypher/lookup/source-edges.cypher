// name: source-edges
// fills: relation, start_kind, end_kind, columns
// Those of some sources only.
MATCH (a:`{start_kind}`)-[r:`{relation}`]->(b:`{end_kind}`)
WHERE r.source IN $sources
RETURN {columns}
