// name: still-locked
// Run in the transaction that holds the lock: fails where it has ended.
RETURN 1 AS held
