-- Maps DisGeNET's table to staged rows (DuckDB). Ids of UMLS are written umls:C0019202, in later releases C0019202.
CREATE TEMP TABLE pair AS
SELECT file, line, trim(geneId) AS gene, trim(geneSymbol) AS symbol, trim(geneName) AS gene_name,
  'UMLS:' || regexp_replace(trim(diseaseId), '^umls:', '') AS disease, trim(diseaseName) AS name,
  TRY_CAST(score AS DOUBLE) AS score, lower(regexp_replace(coalesce(associationType, ''), '([a-z])([A-Z])', '\1 \2', 'g')) AS types,
  trim(source) AS databases, coalesce(NumberOfPubmeds, NofPmids) AS articles, TRY_CAST(YearInitial AS BIGINT) AS year
FROM pairs;

-- MeSH has a heading of its own for each disease that is brought about in animals.
INSERT INTO rejects
SELECT 'edges', file, line,
  CASE
    WHEN NOT regexp_full_match(gene, '[0-9]+') THEN 'gene without NCBI''s number'
    WHEN NOT regexp_full_match(disease, 'UMLS:C[0-9]{7}') THEN 'disease without an id of UMLS'
    WHEN score IS NULL OR NOT isfinite(score) OR score < 0 OR score > 1 THEN 'score out of range'
    WHEN regexp_matches(name, '(?i)\b(experimental|animal)\b') THEN 'disease of laboratory animals'
  END AS reason, coalesce(gene, '') || ' ' || coalesce(disease, '') || ' ' || coalesce(name, ''), NULL
FROM pair WHERE reason IS NOT NULL;

INSERT INTO edge_rows BY NAME
SELECT file, line, 'ASSOCIATED_WITH' AS relation, disease AS start, 'NCBIGene:' || gene AS "end", 'ODbL-1.0' AS licence,
  'DisGeNET: ' || array_to_string(list_filter(
    [types, replace(databases, ';', ', '), if(TRY_CAST(articles AS BIGINT) > 0, articles || if(articles = '1', ' article', ' articles'), '')],
    lambda x: x <> ''), ', ') AS evidence,
  round(score, 3) AS score, year
FROM pair ANTI JOIN rejects USING (file, line);

INSERT INTO node_rows
SELECT min(file), min(line), disease, 'Disease', disease, min(name), [], [], ''
FROM pair ANTI JOIN rejects USING (file, line) WHERE coalesce(name, '') <> '' GROUP BY disease
UNION ALL
SELECT min(file), min(line), 'NCBIGene:' || gene, 'Gene', 'NCBIGene:' || gene, min(symbol),
  list_distinct(list(gene_name) FILTER (gene_name <> '')), [], ''
FROM pair ANTI JOIN rejects USING (file, line) WHERE coalesce(symbol, '') <> '' GROUP BY gene;
