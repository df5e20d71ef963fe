// name: claimed-nodes
// fills: kind
// marked: no
// Those of some nodes to which somebody gave a label, a property or a relationship of their own, or a property
// of a relationship.
UNWIND $ids AS id
MATCH (n:`Kedrec{kind}` {id: id})
WHERE
  any(label IN labels(n) WHERE NOT label IN $labels)
  OR any(key IN keys(n) WHERE NOT key IN $properties)
  OR EXISTS {
    (n)-[r]-()
    WHERE r.kedrec IS NULL OR any(key IN keys(r) WHERE NOT key IN $edge_properties)
  }
RETURN n.id AS id
