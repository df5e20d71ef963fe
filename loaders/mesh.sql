-- Maps MeSH's descriptors to staged rows (DuckDB): one for each kind that their branches of the tree may mean.
-- A kind of a family is the one that never decides: a chemical may be a drug by other sources.
CREATE TEMP TABLE branch AS
SELECT * FROM (VALUES
  ('C', 'Disease'), ('C', 'Symptom'), ('F03', 'Disease'), ('F01', 'Symptom'), ('D', 'Chemical'), ('D27', 'PharmacologicClass'),
  ('D08', 'GeneFamily'), ('D12', 'GeneFamily'), ('A', 'Anatomy'), ('B', 'Organism'), ('G', 'BiologicalProcess')
) AS b(tree, kind);

INSERT INTO node_rows BY NAME
SELECT DISTINCT d.file, d.line, 'MESH:' || d.id AS key, b.kind, 'MESH:' || d.id AS id, d.name,
  list_filter(string_split(coalesce(d.synonyms, ''), '|'), lambda x: x <> '') AS synonyms,
  []::VARCHAR[] AS xrefs, '' AS description
FROM descriptors AS d
JOIN branch AS b
  ON len(list_filter(string_split(coalesce(d.trees, ''), '|'), lambda x: starts_with(x, b.tree))) > 0;

INSERT INTO rejects
SELECT 'nodes', file, line, 'branch of the tree that is no kind', coalesce(trees, ''), NULL
FROM descriptors ANTI JOIN node_rows USING (file, line);
