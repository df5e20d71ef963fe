// name: count-edges-by-source
// fills: relation
MATCH ()-[r:`{relation}`]->()
RETURN '{relation}' AS relation, r.source AS source, count(r) AS edges
