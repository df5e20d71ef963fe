// name: count-edges
// fills: relation
MATCH ()-[r:`{relation}`]->()
RETURN '{relation}' AS relation, count(r) AS edges
