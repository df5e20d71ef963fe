// name: nodes
// Nodes of whatever kinds by their ids; an id without node gives no row.
MATCH (n:{any_kind})
WHERE n.id IN $ids
RETURN
  n.id AS id, substring([label IN labels(n) WHERE label IN {marks}][0], 6) AS kind, n.name AS name,
  coalesce(n.synonyms, []) AS synonyms, coalesce(n.xrefs, []) AS xrefs,
  n.description AS description, coalesce(n.sources, []) AS sources
ORDER BY id
