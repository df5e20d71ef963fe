// name: all-nodes
// fills: kind, columns
MATCH (n:`{kind}`)
RETURN {columns}
ORDER BY n.id
