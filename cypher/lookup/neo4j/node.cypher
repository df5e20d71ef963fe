// name: node
// One node of whatever kind by its id.
MATCH (n:{any_kind})
WHERE n.id = $id
RETURN
  n.id AS id, labels(n)[0] AS kind, n.name AS name, coalesce(n.synonyms, []) AS synonyms,
  coalesce(n.xrefs, []) AS xrefs,
  n.description AS description, coalesce(n.sources, []) AS sources
