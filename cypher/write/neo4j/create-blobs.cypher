// name: create-blobs
CREATE CONSTRAINT kedrec_kept_key IF NOT EXISTS FOR (k:KedrecKept) REQUIRE k.key IS UNIQUE
