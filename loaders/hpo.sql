-- Maps the Human Phenotype Ontology's files to staged rows (DuckDB). The terms of hp.obo are staged already, each
-- with its IS_A; the ids that were merged into a term are among its cross-references.

-- Names of all terms: onset, sex and severity are terms of other branches than the symptoms.
CREATE TEMP TABLE term_of AS
SELECT id AS old, id, name FROM node_rows
UNION
SELECT unnest(list_filter(xrefs, lambda x: starts_with(x, 'HP:'))), id, name FROM node_rows;

-- Symptoms ------------------------------------------------------------------------------------------
-- What is below "Phenotypic abnormality". A file without that term (an excerpt) is taken whole.
CREATE TEMP TABLE symptom AS
WITH RECURSIVE below AS (
  SELECT 'HP:0000118' AS id
  UNION
  SELECT e.start FROM edge_rows AS e JOIN below AS b ON e."end" = b.id
)
SELECT id FROM below WHERE EXISTS (FROM node_rows WHERE id = 'HP:0000118')
UNION
SELECT id FROM node_rows WHERE NOT EXISTS (FROM node_rows WHERE id = 'HP:0000118');

INSERT INTO rejects
SELECT 'nodes', file, line, 'term that is no phenotypic abnormality', id || ' ' || name, NULL
FROM node_rows ANTI JOIN symptom USING (id);
INSERT INTO rejects
SELECT 'edges', e.file, e.line, 'IS_A of a term that is no phenotypic abnormality', e.start || ' ' || e."end", NULL
FROM edge_rows AS e
WHERE e.start NOT IN (FROM symptom) OR (e."end" NOT IN (FROM symptom) AND e."end" IN (SELECT id FROM node_rows));
DELETE FROM edge_rows
WHERE start NOT IN (FROM symptom) OR ("end" NOT IN (FROM symptom) AND "end" IN (SELECT id FROM node_rows));
DELETE FROM node_rows WHERE id NOT IN (FROM symptom);

-- Diseases with symptoms ----------------------------------------------------------------------------
CREATE TEMP MACRO curie(id) AS replace(trim(id), 'ORPHA:', 'ORPHANET:');

-- The terms for a frequency, and the middle of each.
CREATE TEMP TABLE frequency_of AS
FROM (VALUES
  ('HP:0040280', 'obligate (100%)', 1.0),
  ('HP:0040281', 'very frequent (80-99%)', 0.895),
  ('HP:0040282', 'frequent (30-79%)', 0.545),
  ('HP:0040283', 'occasional (5-29%)', 0.17),
  ('HP:0040284', 'very rare (1-4%)', 0.025),
  ('HP:0040285', 'excluded (0%)', 0.0)
) AS t(id, words, share);

CREATE TEMP TABLE annotation AS
SELECT a.file, a.line, curie(database_id) AS disease, trim(disease_name) AS name, trim(hpo_id) AS hpo_id,
  trim(aspect) AS aspect, upper(coalesce(trim(qualifier), '')) AS qualifier, reference,
  coalesce(trim(frequency), '') AS said, f.words,
  CASE
    WHEN f.id IS NOT NULL THEN f.share
    WHEN regexp_full_match(said, '[0-9]+/[0-9]+')
      THEN TRY_CAST(split_part(said, '/', 1) AS DOUBLE) / nullif(TRY_CAST(split_part(said, '/', 2) AS DOUBLE), 0)
    WHEN regexp_full_match(said, '[0-9.]+ ?%') THEN TRY_CAST(trim(replace(said, '%', '')) AS DOUBLE) / 100
  END AS share,
  CASE trim(evidence)
    WHEN 'PCS' THEN 'published clinical study'
    WHEN 'TAS' THEN 'traceable author statement'
    WHEN 'IEA' THEN 'electronic annotation'
    ELSE trim(evidence)
  END AS basis,
  lower(o.name) AS onset, lower(trim(sex)) AS sex,
  (SELECT string_agg(lower(m.name), ', ' ORDER BY m.name) FROM term_of AS m
   WHERE list_contains(string_split(replace(coalesce(modifier, ''), ' ', ''), ';'), m.old)) AS modifiers
FROM annotations AS a
LEFT JOIN frequency_of AS f ON f.id = trim(a.frequency)
LEFT JOIN term_of AS o ON o.old = trim(a.onset);

INSERT INTO rejects
SELECT 'edges', file, line,
  CASE
    WHEN aspect <> 'P' THEN 'annotation that is no phenotype'
    WHEN qualifier = 'NOT' THEN 'symptom that the disease is said not to have'
    WHEN qualifier <> '' THEN 'unknown qualifier'
    WHEN NOT regexp_full_match(disease, '(OMIM|ORPHANET):[0-9]+') THEN 'disease of another vocabulary than OMIM and Orphanet'
    WHEN said <> '' AND (share IS NULL OR share > 1) THEN 'frequency that can''t be read'
    WHEN share = 0 THEN 'symptom that no patient had'
  END AS reason,
  CASE
    WHEN aspect <> 'P' THEN CASE aspect
      WHEN 'I' THEN 'inheritance' WHEN 'C' THEN 'clinical course' WHEN 'M' THEN 'clinical modifier'
      WHEN 'H' THEN 'past medical history' ELSE 'aspect ' || aspect END
    WHEN reason = 'disease of another vocabulary than OMIM and Orphanet' THEN disease
    WHEN reason = 'frequency that can''t be read' THEN said
    ELSE qualifier
  END, NULL
FROM annotation WHERE reason IS NOT NULL;

INSERT INTO edge_rows BY NAME
SELECT a.file, a.line, 'PRESENTS' AS relation, disease AS start, coalesce(t.id, hpo_id) AS "end", 'HPO licence' AS licence,
  list_filter(
    list_transform(string_split(coalesce(reference, ''), ';'), lambda x: curie(x)),
    lambda x: regexp_full_match(x, '(PMID|OMIM|ORPHANET):[0-9]+') OR starts_with(x, 'https://')) AS "references",
  'HPO: ' || CASE WHEN said = '' THEN 'frequency unknown' ELSE coalesce(words, said) END
    || coalesce(', ' || onset, '') || coalesce(', in ' || nullif(sex, '') || 's', '') || coalesce(', ' || modifiers, '')
    || coalesce(', ' || nullif(basis, ''), '') AS evidence,
  round(share, 3) AS score
FROM annotation AS a ANTI JOIN rejects USING (file, line)
LEFT JOIN term_of AS t ON t.old = a.hpo_id;

-- Every row of a disease names it.
INSERT INTO node_rows
SELECT min(file), min(line), disease, 'Disease', disease, min(name), [], [], ''
FROM annotation
WHERE regexp_full_match(disease, '(OMIM|ORPHANET):[0-9]+') AND coalesce(name, '') <> ''
GROUP BY disease;

-- Diseases' genes -----------------------------------------------------------------------------------
-- A row for each symptom of each disease of a gene: one edge a disease and gene.
CREATE TEMP TABLE gene AS
SELECT file, line, trim(ncbi_gene_id) AS id, trim(gene_symbol) AS symbol, curie(disease_id) AS disease FROM genes;

INSERT INTO rejects
SELECT 'edges', file, line,
  if(regexp_full_match(id, '[0-9]+'), 'disease of another vocabulary than OMIM and Orphanet', 'gene without NCBI''s number'),
  id || ' ' || disease, NULL
FROM gene WHERE NOT regexp_full_match(id, '[0-9]+') OR NOT regexp_full_match(disease, '(OMIM|ORPHANET):[0-9]+');

INSERT INTO edge_rows BY NAME
SELECT file, line, 'ASSOCIATED_WITH' AS relation, disease AS start, 'NCBIGene:' || id AS "end", 'HPO licence' AS licence,
  [disease] AS "references", 'HPO: gene of the disease by ' || if(starts_with(disease, 'OMIM'), 'OMIM', 'Orphanet') AS evidence
FROM gene ANTI JOIN rejects USING (file, line);

INSERT INTO node_rows
SELECT min(file), min(line), 'NCBIGene:' || id, 'Gene', 'NCBIGene:' || id, min(symbol), [], [], ''
FROM gene WHERE regexp_full_match(id, '[0-9]+') AND coalesce(symbol, '') <> ''
GROUP BY id;
DROP MACRO curie;
