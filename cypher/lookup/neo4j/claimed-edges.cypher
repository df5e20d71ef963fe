// name: claimed-edges
// fills: relation, start_kind, end_kind
// Relationships of KEDRec's to which somebody gave a property of their own.
MATCH (a:`{start_kind}`)-[r:`{relation}`]->(b:`{end_kind}`)
WHERE any(key IN keys(r) WHERE NOT key IN $edge_properties)
RETURN a.id AS start, b.id AS end, r.source AS source
