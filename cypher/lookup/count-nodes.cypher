// name: count-nodes
// fills: kind
MATCH (n:`{kind}`)
RETURN '{kind}' AS kind, count(n) AS nodes
