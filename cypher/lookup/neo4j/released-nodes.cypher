// name: released-nodes
// fills: kind
// marked: no
MATCH (n:KedrecReleased:`{kind}`)
RETURN n.id AS id
