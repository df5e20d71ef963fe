// name: isolated-nodes
// fills: kind
MATCH (n:`{kind}`)
WHERE NOT EXISTS { (n)-[r]-() }
RETURN n.id AS id
ORDER BY id
