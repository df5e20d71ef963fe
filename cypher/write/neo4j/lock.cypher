// name: lock
// Takes the lock of the node until the transaction ends: the second writer waits here.
MERGE (m:KedrecMetadata {key: '_writer'})
SET m.value = $holder
