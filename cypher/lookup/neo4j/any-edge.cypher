// name: any-edge
// fills: relation, start_kind, end_kind
MATCH (a:`{start_kind}`)-[r:`{relation}`]->(b:`{end_kind}`)
WHERE r.source IN $sources
RETURN r.source AS source
LIMIT 1
