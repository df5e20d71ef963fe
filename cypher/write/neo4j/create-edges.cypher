// name: create-edges
// fills: relation, start_kind, end_kind
// Rows are [start, end, index into $properties]; run for edges known to be new only.
UNWIND $rows AS row
MATCH (a:`{start_kind}` {id: row[0]})
MATCH (b:`{end_kind}` {id: row[1]})
CREATE (a)-[r:`{relation}`]->(b)
SET r = $properties[row[2]]
