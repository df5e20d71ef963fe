// name: mark-nodes
// fills: kind
MATCH (n:`{kind}`)
WHERE NOT n:`Kedrec{kind}`
CALL (n) {
  SET n:`Kedrec{kind}`
} IN TRANSACTIONS OF 10000 ROWS
