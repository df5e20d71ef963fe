-- Maps the class warnings to staged rows (DuckDB). `drugs` are names of classes and of drugs, `disease` is one name or
-- several, separated by |; where several nodes have a name, the id of the one that is meant stands after it, in
-- brackets. A row makes an edge for each drug and disease of it.
CREATE TEMP TABLE statement_relation AS
FROM (VALUES
  ('contraindicated', 'CONTRAINDICATED_FOR', ''),
  ('worsens', 'CAUSES', 'worsening'),
  ('causes', 'CAUSES', '')
) AS t(statement, relation, action);

INSERT INTO rejects
SELECT 'edges', file, line,
  CASE
    WHEN NOT EXISTS (FROM statement_relation AS r WHERE r.statement = w.statement)
      THEN 'statement that is none of contraindicated, worsens and causes'
    WHEN coalesce(trim(drugs), '') = '' OR coalesce(trim(disease), '') = '' THEN 'no drug or no disease'
    WHEN coalesce(trim(source), '') = '' THEN 'no source'
  END AS reason, coalesce(drugs, '') || ' ' || coalesce(disease, ''), NULL
FROM warnings AS w WHERE reason IS NOT NULL;

CREATE TEMP TABLE warned AS
SELECT file, line, statement, words, source, coalesce(c.drug, named) AS drug, unnest(string_split(disease, '|')) AS disease
FROM (
  SELECT *, unnest(string_split(drugs, '|')) AS named FROM warnings ANTI JOIN rejects USING (file, line)
) AS w
LEFT JOIN (SELECT class, drug FROM classes) AS c ON c.class = named;

-- The rule of a class and a rule of one of its drugs may meet: the words of both are kept.
INSERT INTO edge_rows BY NAME
SELECT min(file) AS file, min(line) AS line, relation, action,
  'name:Drug/' || normal_name(drug) AS start,
  'name:Disease/' || if(id = '', '', id || '|') || normal_name(disease_name) AS "end", 'CC0-1.0' AS licence,
  string_agg(words || ' (' || source || ')', '; ' ORDER BY line) AS evidence
FROM (
  SELECT *, regexp_extract(disease, '\[([^\]]+)\]$', 1) AS id, regexp_replace(disease, '\s*\[[^\]]+\]$', '') AS disease_name
  FROM warned
) JOIN statement_relation USING (statement)
GROUP BY relation, action, drug, id, disease_name;
