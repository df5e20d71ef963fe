// name: change-edges
// fills: relation, start_kind, end_kind, file
LOAD FROM '{file}'
MATCH (a:`{start_kind}` {id: start})-[r:`{relation}` {source: source}]->(b:`{end_kind}` {id: `end`})
SET
  r.licence = licence,
  r.`references` = `references`,
  r.evidence = evidence,
  r.score = score,
  r.year = year,
  r.action = action,
  r.mechanisms = mechanisms
