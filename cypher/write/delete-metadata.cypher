// name: delete-metadata
MATCH (m:KedrecMetadata {key: $key})
DELETE m
