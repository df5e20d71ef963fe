// name: create-edges
// fills: relation, ends
CREATE REL TABLE IF NOT EXISTS `{relation}` (
  {ends},
  source STRING,
  licence STRING,
  `references` STRING[],
  evidence STRING,
  score DOUBLE,
  year INT64,
  action STRING,
  mechanisms STRING[]
)
