// name: blob-parts
// What the loader keeps with the graph under a name, in parts.
MATCH (k:KedrecKept {name: $name})
RETURN k.part AS part, k.content AS content
ORDER BY part
