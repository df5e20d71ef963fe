// name: unmarked-edges
// fills: relation
// marked: no
// Relationships of a type, marked or not.
MATCH (a)-[r:`{relation}`]->(b)
RETURN
  [label IN labels(a) WHERE NOT label IN {marks}] AS start_labels, a.id AS start,
  [label IN labels(b) WHERE NOT label IN {marks}] AS end_labels, b.id AS end, r.source AS source
