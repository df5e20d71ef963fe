// name: count-edges-by-licence
// fills: relation
MATCH ()-[r:`{relation}`]->()
RETURN '{relation}' AS relation, r.source AS source, r.licence AS licence, count(r) AS edges
