// name: node
// One node of whatever kind by its id.
MATCH (n:{any_kind} {id: $id})
RETURN
  n.id AS id, label(n) AS kind, n.name AS name, n.synonyms AS synonyms, n.xrefs AS xrefs,
  n.description AS description, n.sources AS sources
