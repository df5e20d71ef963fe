// name: put-metadata
MERGE (m:KedrecMetadata {key: $key})
SET m.value = $value
