// name: delete-nodes
// fills: kind
UNWIND $ids AS gone
MATCH (n:`{kind}` {id: gone})
DELETE n
