// name: delete-nodes
// fills: kind
// A node to which somebody gave a label, a property or a relationship of their own stays with its id and name, and
// is KEDRec's no more; one that still has a relationship of KEDRec's can't be deleted, and fails.
UNWIND $ids AS gone
MATCH (n:`Kedrec{kind}` {id: gone})
WITH n, NOT EXISTS { (n)-[{kedrec: true}]-() } AND (
  any(label IN labels(n) WHERE NOT label IN $labels)
  OR any(key IN keys(n) WHERE NOT key IN $properties)
  OR EXISTS { (n)--() }
) AS claimed
FOREACH (left IN CASE WHEN claimed THEN [n] ELSE [] END |
  SET left:KedrecReleased
  REMOVE left:`Kedrec{kind}`, left.synonyms, left.xrefs, left.description, left.sources
)
FOREACH (lost IN CASE WHEN claimed THEN [] ELSE [n] END | DELETE lost)
