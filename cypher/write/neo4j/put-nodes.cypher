// name: put-nodes
// fills: kind
UNWIND $rows AS row
MERGE (n:`{kind}` {id: row.id})
SET n = row
