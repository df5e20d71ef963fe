// name: change-nodes
// fills: kind, file
LOAD FROM '{file}'
MATCH (n:`{kind}` {id: id})
SET n.name = name, n.synonyms = synonyms, n.xrefs = xrefs, n.description = description, n.sources = sources
