// name: begin-batch
// Marks a batch in the transaction that writes it, so that one retried after it was committed is told.
MERGE (b:KedrecBatch {key: $key})
