// name: last-place
// fills: kind
// The place of the last node in its table.
MATCH (n:`{kind}`)
RETURN max(offset(id(n))) AS place
