// name: isolated-nodes
// fills: kind
MATCH (n:`{kind}`)
WHERE NOT (n)--()
RETURN n.id AS id
ORDER BY id
