-- Maps DISEASES' channels to staged rows (DuckDB). A gene is named by a protein of Ensembl and its symbol; the graph's
-- genes are met by the symbol.
CREATE TEMP TABLE pair AS
SELECT file, line, trim(gene) AS gene, trim(disease) AS disease, trim(name) AS name, TRY_CAST(confidence AS DOUBLE) AS stars,
  'DISEASES: ' || trim(database) || if(upper(evidence) = 'CURATED', ', curated', ', ' || trim(evidence)) AS evidence
FROM curated
UNION ALL
-- TIGA ranks the genes nearest to what the studies found, from 0 to 100.
SELECT file, line, trim(gene), trim(disease), trim(name), TRY_CAST(confidence AS DOUBLE),
  'DISEASES: GWAS by ' || trim(database) || ', ' || regexp_replace(trim(evidence), '^MeanRankScore *= *', 'mean rank score ')
FROM experiments;

INSERT INTO rejects
SELECT 'edges', file, line,
  CASE
    WHEN NOT coalesce(regexp_full_match(disease, 'DOID:[0-9]+'), false) THEN 'disease of another vocabulary than the Disease Ontology'
    WHEN coalesce(gene, '') = '' THEN 'no gene'
    WHEN stars IS NULL OR NOT isfinite(stars) OR stars <= 0 OR stars > 5 THEN 'confidence out of range'
  END AS reason, coalesce(gene, '') || ' ' || coalesce(disease, ''), NULL
FROM pair WHERE reason IS NOT NULL;

INSERT INTO edge_rows BY NAME
SELECT file, line, 'ASSOCIATED_WITH' AS relation, 'Disease/' || disease AS start, 'name:Gene/' || normal_name(gene) AS "end",
  'CC-BY-4.0' AS licence, evidence || ', confidence ' || stars || ' of 5' AS evidence, stars AS score
FROM pair ANTI JOIN rejects USING (file, line);

INSERT INTO node_rows
SELECT min(file), min(line), 'Disease/' || disease, 'Disease', disease, min(name), [], [], ''
FROM pair ANTI JOIN rejects USING (file, line)
WHERE coalesce(name, '') <> ''
GROUP BY disease;
