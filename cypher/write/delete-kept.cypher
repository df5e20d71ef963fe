// name: delete-kept
MATCH (k:KedrecKept {name: $name})
DELETE k
