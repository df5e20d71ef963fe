// name: drop-nodes
// fills: kind
// The constraint that earlier versions made on the label of the kind itself.
DROP CONSTRAINT `kedrec_{kind}_id` IF EXISTS
