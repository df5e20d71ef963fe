-- Maps the tables to staged rows (DuckDB). "Disease ID" is DOID-DOID:0000057 or MESH-D001022; the numbers of the Disease
-- Ontology are padded with zeros, which its own older ids aren't. The description tells the score (frequency and
-- rarity of the term in the disease's abstracts) and the number of abstracts.
CREATE TEMP TABLE annotation AS
SELECT file, line, regexp_replace(trim("Disease ID"), '^(DOID|MESH)-', '') AS id, trim("Disease Name") AS name,
  trim("Phenotype ID") AS symptom, trim("Phenotype Name") AS symptom_name,
  upper(coalesce(trim("Evidence ID"), '')) AS basis, coalesce(trim("Negation ID"), '') AS negation,
  TRY_CAST(regexp_extract(Description, 'info: ([0-9.]+)/([0-9]+)\)', 1) AS DOUBLE) AS points,
  TRY_CAST(regexp_extract(Description, 'info: ([0-9.]+)/([0-9]+)\)', 2) AS BIGINT) AS abstracts,
  points / max(points) OVER (PARTITION BY "Disease ID") AS share, Pub AS publications
FROM annotations;

INSERT INTO rejects
SELECT 'edges', file, line,
  CASE
    WHEN NOT coalesce(regexp_full_match(id, 'DOID:[0-9]+|[CD][0-9]+'), false) THEN 'disease without an id of DO or MeSH'
    WHEN NOT coalesce(regexp_full_match(symptom, 'HP:[0-9]{7}'), false) THEN 'symptom without an id of HPO'
    WHEN negation <> '' THEN 'symptom that the disease is said not to have'
    WHEN basis <> 'ITM' THEN 'evidence that is no text mining'
    WHEN points IS NULL OR abstracts IS NULL OR points <= 0 THEN 'no score'
    WHEN abstracts < 2 THEN 'named in one abstract alone'
    WHEN share < 0.05 THEN 'score below a twentieth of the first symptom''s'
    WHEN normal_name(symptom_name) = normal_name(name) THEN 'symptom that is the disease itself'
  END AS reason, coalesce(id, '') || ' ' || coalesce(symptom, ''), NULL
FROM annotation WHERE reason IS NOT NULL;

INSERT INTO edge_rows BY NAME
SELECT file, line, 'PRESENTS' AS relation,
  'name:Disease/' || CASE
    WHEN starts_with(id, 'DOID:') THEN id || '|DOID:' || TRY_CAST(substr(id, 6) AS BIGINT)
    ELSE 'MESH:' || id
  END || coalesce('|' || nullif(normal_name(name), ''), '') AS start,
  'Symptom/' || symptom AS "end", 'HPO licence' AS licence,
  'text-mined: score ' || round(points, 1) || ', ' || abstracts || ' abstracts' AS evidence, round(share, 3) AS score,
  list_filter(
    list_transform(string_split(coalesce(publications, ''), ';'), lambda x: trim(x)),
    lambda x: regexp_full_match(x, 'PMID:[0-9]+')) AS "references"
FROM annotation ANTI JOIN rejects USING (file, line);

INSERT INTO node_rows
SELECT min(file), min(line), 'Symptom/' || symptom, 'Symptom', symptom, min(symptom_name), [], [], ''
FROM annotation ANTI JOIN rejects USING (file, line)
WHERE coalesce(symptom_name, '') <> ''
GROUP BY symptom;
