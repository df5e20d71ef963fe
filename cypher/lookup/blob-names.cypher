// name: blob-names
MATCH (k:KedrecKept)
RETURN DISTINCT k.name AS name
ORDER BY name
