// name: delete-edges
// fills: relation, start_kind, end_kind
// Rows are [start, end, source].
UNWIND $rows AS row
MATCH (a:`{start_kind}` {id: row[0]})-[r:`{relation}` {source: row[2]}]->(b:`{end_kind}` {id: row[1]})
DELETE r
