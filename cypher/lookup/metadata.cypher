// name: metadata
// Facts kept with the graph. Those whose key begins with "_" are the store's own.
MATCH (m:KedrecMetadata)
RETURN m.key AS key, m.value AS value
ORDER BY key
