// name: unmarked-nodes
// fills: kind
// marked: no
// Nodes of a kind, marked or not, with the labels that are no kind's mark.
MATCH (n:`{kind}`)
RETURN n.id AS id, [label IN labels(n) WHERE NOT label IN {marks}] AS labels
