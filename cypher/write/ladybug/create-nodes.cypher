// name: create-nodes
// fills: kind
CREATE NODE TABLE IF NOT EXISTS `{kind}` (
  id STRING PRIMARY KEY,
  name STRING,
  synonyms STRING[],
  xrefs STRING[],
  description STRING,
  sources STRING[]
)
