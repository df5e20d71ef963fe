// name: create-metadata
CREATE CONSTRAINT kedrec_metadata_key IF NOT EXISTS FOR (m:KedrecMetadata) REQUIRE m.key IS UNIQUE
