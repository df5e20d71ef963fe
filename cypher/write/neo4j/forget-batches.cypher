// name: forget-batches
MATCH (b:KedrecBatch)
DELETE b
