// name: create-batches
CREATE CONSTRAINT kedrec_batch_key IF NOT EXISTS FOR (b:KedrecBatch) REQUIRE b.key IS UNIQUE
