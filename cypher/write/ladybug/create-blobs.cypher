// name: create-blobs
CREATE NODE TABLE IF NOT EXISTS KedrecKept (key STRING PRIMARY KEY, name STRING, part INT64, content STRING)
