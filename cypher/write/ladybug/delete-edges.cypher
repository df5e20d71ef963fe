// name: delete-edges
// fills: relation, start_kind, end_kind, file
LOAD FROM '{file}'
MATCH (a:`{start_kind}` {id: start})-[r:`{relation}` {source: source}]->(b:`{end_kind}` {id: `end`})
DELETE r
