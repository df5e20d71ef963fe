// name: mark-edges
// fills: relation
MATCH ()-[r:`{relation}`]->()
WHERE r.kedrec IS NULL
CALL (r) {
  SET r.kedrec = true
} IN TRANSACTIONS OF 10000 ROWS
