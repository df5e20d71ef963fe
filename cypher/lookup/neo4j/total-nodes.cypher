// name: total-nodes
// fills: kind
// marked: no
MATCH (n:`{kind}`)
RETURN count(n) AS nodes
