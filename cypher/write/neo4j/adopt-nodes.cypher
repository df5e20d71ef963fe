// name: adopt-nodes
// fills: kind
// Nodes that were KEDRec's once, and stayed for what somebody else gave them, are KEDRec's again.
MATCH (n:KedrecReleased:`{kind}`)
WHERE n.id IN $ids AND NOT EXISTS { MATCH (own:`Kedrec{kind}`) WHERE own.id = n.id }
WITH n.id AS id, collect(n)[0] AS n
SET n:`Kedrec{kind}`
REMOVE n:KedrecReleased
