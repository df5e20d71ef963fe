// name: delete-edges
// fills: relation, start_kind, end_kind
// Rows are [start, end, source]. A relationship to which somebody gave a property of their own stays with that
// property, and is KEDRec's no more.
UNWIND $rows AS row
MATCH (a:`Kedrec{start_kind}` {id: row[0]})
MATCH (b:`Kedrec{end_kind}` {id: row[1]})
MATCH (a)-[r:`{relation}` {source: row[2], kedrec: true}]->(b)
WITH r, any(key IN keys(r) WHERE NOT key IN $edge_properties) AS claimed
FOREACH (gone IN CASE WHEN claimed THEN [] ELSE [r] END | DELETE gone)
FOREACH (left IN CASE WHEN claimed THEN [r] ELSE [] END |
  REMOVE
    left.kedrec, left.source, left.licence, left.`references`, left.evidence, left.score, left.year, left.action,
    left.mechanisms
)
