// name: put-nodes
// fills: kind
// What others gave a node stays: only KEDRec's own properties are set, those that a row lacks to nothing.
UNWIND $rows AS row
MERGE (n:`Kedrec{kind}` {id: row.id})
SET
  n:`{kind}`,
  n.name = row.name,
  n.synonyms = row.synonyms,
  n.xrefs = row.xrefs,
  n.description = row.description,
  n.sources = row.sources
