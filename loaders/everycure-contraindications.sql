-- Maps Every Cure's contraindications to staged rows (DuckDB). A row is a drug and a disease that a language model
-- found in the section on contraindications of a US label; `disease contraindicated` are its words for it.
CREATE TEMP TABLE pair AS
SELECT file, line, "final normalized drug id" AS drug, "final normalized drug label" AS drug_name,
  "final normalized disease id" AS disease, "final normalized disease label" AS disease_name,
  trim("disease contraindicated") AS words,
  -- The label's own sentence, where it has the words.
  list_filter(regexp_split_to_array(coalesce(contraindications, ''), '[.;•]\s+|\s{2,}'),
    lambda x: strpos(normal_name(x), normal_name("disease contraindicated")) > 0)[1] AS sentence
FROM pairs;

-- What a label says of two drugs together, or of a disease in which the drug may well be used, is no
-- contraindication of this drug alone.
INSERT INTO rejects
SELECT 'edges', file, line,
  if(regexp_matches(sentence, '^.{0,40}may be used in', 'i'), 'the label says that it may be used', 'contraindicated only together with another drug, or without it'),
  drug_name || ' ' || disease_name || ': ' || sentence[:200], NULL
FROM pair
WHERE regexp_matches(sentence, 'aliskiren', 'i') AND drug_name NOT ILIKE '%aliskiren%'
  OR regexp_matches(sentence, '^\W*(do not )?(co-?administ|concomitant|concurrent)', 'i')
    AND NOT regexp_matches(sentence, '\b(or|and) in\b', 'i')
  OR regexp_matches(sentence, 'without concomitant|should be considered', 'i')
  OR regexp_matches(sentence[:strpos(lower(sentence), lower(words))], 'may be used in', 'i');

INSERT INTO edge_rows BY NAME
SELECT file, line, 'CONTRAINDICATED_FOR' AS relation, drug AS start, disease AS "end", 'none stated' AS licence,
  'US drug label, read by a language model: ' || words
    || coalesce(' (label: "' || if(first > 1, '...', '') || trim(replace(sentence, '"', '''')[first : first + 199])
      || if(len(sentence) > first + 199, '...', '') || '")', '') AS evidence
FROM (SELECT *, greatest(1, strpos(lower(sentence), lower(words)) - 80) AS first FROM pair)
ANTI JOIN rejects USING (file, line);

CREATE TEMP TABLE prefix_of AS
FROM (VALUES ('PUBCHEM.COMPOUND', 'PUBCHEM'), ('CHEMBL.COMPOUND', 'CHEMBL')) AS t(word, prefix);

INSERT INTO node_rows
SELECT p.file, p.line, p.key, p.kind, coalesce(x.prefix, split_part(p.key, ':', 1)) || ':' || substr(p.key, strpos(p.key, ':') + 1),
  p.name, [], [], ''
FROM (
  SELECT min(file) AS file, min(line) AS line, 'Drug' AS kind, drug AS key, min(drug_name) AS name FROM pair SEMI JOIN edge_rows USING (file, line) GROUP BY drug
  UNION ALL
  SELECT min(file), min(line), 'Disease', disease, min(disease_name) FROM pair SEMI JOIN edge_rows USING (file, line) GROUP BY disease
) AS p
LEFT JOIN prefix_of AS x ON x.word = split_part(p.key, ':', 1);
