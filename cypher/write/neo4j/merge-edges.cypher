// name: merge-edges
// fills: relation, start_kind, end_kind
// Rows are [start, end, index into $properties].
UNWIND $rows AS row
MATCH (a:`Kedrec{start_kind}` {id: row[0]})
MATCH (b:`Kedrec{end_kind}` {id: row[1]})
WITH a, b, $properties[row[2]] AS given
MERGE (a)-[r:`{relation}` {source: given.source, kedrec: true}]->(b)
SET
  r.licence = given.licence,
  r.`references` = given.`references`,
  r.evidence = given.evidence,
  r.score = given.score,
  r.year = given.year,
  r.action = given.action,
  r.mechanisms = given.mechanisms
