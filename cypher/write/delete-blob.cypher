// name: delete-blob
MATCH (k:KedrecKept {name: $name})
DELETE k
