// name: create-metadata
CREATE NODE TABLE IF NOT EXISTS KedrecMetadata (key STRING PRIMARY KEY, value STRING)
