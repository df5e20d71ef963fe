// name: count-edges
// fills: relation
// marked: no
// Relationships of a type, whoever wrote them: the server knows how many without reading one.
MATCH ()-[r:`{relation}`]->()
RETURN '{relation}' AS relation, count(r) AS edges
