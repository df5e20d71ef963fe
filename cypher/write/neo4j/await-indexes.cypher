// name: await-indexes
CALL db.awaitIndexes($seconds)
