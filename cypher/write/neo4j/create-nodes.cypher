// name: create-nodes
// fills: kind
CREATE CONSTRAINT `kedrec_{kind}_id` IF NOT EXISTS FOR (n:`Kedrec{kind}`) REQUIRE n.id IS UNIQUE
