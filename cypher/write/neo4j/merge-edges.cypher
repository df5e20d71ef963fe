// name: merge-edges
// fills: relation, start_kind, end_kind
// Rows are [start, end, index into $properties].
UNWIND $rows AS row
MATCH (a:`{start_kind}` {id: row[0]})
MATCH (b:`{end_kind}` {id: row[1]})
MERGE (a)-[r:`{relation}` {source: $properties[row[2]].source}]->(b)
SET r = $properties[row[2]]
