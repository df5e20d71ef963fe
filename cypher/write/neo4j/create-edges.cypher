// name: create-edges
// fills: relation, start_kind, end_kind
// Rows are [start, end, index into $properties]; run for edges known to be new only.
UNWIND $rows AS row
MATCH (a:`Kedrec{start_kind}` {id: row[0]})
MATCH (b:`Kedrec{end_kind}` {id: row[1]})
CREATE (a)-[r:`{relation}`]->(b)
SET r += $properties[row[2]]
