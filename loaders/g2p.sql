-- Maps Gene2Phenotype's panels to staged rows (DuckDB). A pair may be in several panels, in the same words.

-- OMIM's number goes before Mondo's: it is of the disease by this gene, where Mondo's may be of a wider one, so the
-- two aren't called the same disease. A disease without either is the graph's of that name.
CREATE TEMP TABLE pair AS
SELECT file, line, trim("gene symbol") AS symbol, coalesce(trim("disease name"), '') AS name,
  CASE
    WHEN regexp_full_match(trim("disease mim"), '[0-9]{6}') THEN 'OMIM:' || trim("disease mim")
    WHEN regexp_full_match(trim("disease MONDO"), 'MONDO:[0-9]{7}') THEN trim("disease MONDO")
  END AS id,
  lower(coalesce(trim(confidence), '')) AS confidence, lower(coalesce(trim("molecular mechanism"), '')) AS mechanism,
  regexp_extract(coalesce("hgnc id", ''), '[0-9]+') AS hgnc, string_split(coalesce("previous gene symbols", ''), ';') AS others,
  replace(trim("allelic requirement"), '_', ' ') AS inherited, trim("variant consequence") AS consequence,
  trim("molecular mechanism support") AS support, publications
FROM pairs;

INSERT INTO rejects
SELECT 'edges', file, line,
  CASE
    WHEN confidence IN ('disputed', 'refuted') THEN 'pair that is disputed or refuted'
    WHEN confidence NOT IN ('definitive', 'strong', 'moderate', 'limited') THEN 'unknown confidence'
    WHEN coalesce(symbol, '') = '' THEN 'no gene'
    WHEN id IS NULL AND name = '' THEN 'no disease'
  END AS reason, symbol || ' ' || name || ' ' || confidence, NULL
FROM pair WHERE reason IS NOT NULL;

-- A cause by limited evidence is an association. A dominant negative variant takes away the function of what the
-- healthy copy makes too: neither raising nor lowering the gene's activity is sure to help.
INSERT INTO edge_rows BY NAME
SELECT file, line, 'ASSOCIATED_WITH' AS relation,
  coalesce('Disease/' || id, 'name:Disease/' || normal_name(name)) AS start,
  -- In this order: an earlier symbol may be another gene's today.
  'name:Gene/' || array_to_string(list_filter(
    list_concat(
      ['HGNC:' || nullif(hgnc, ''), normal_name(symbol)], list_transform(others, lambda x: normal_name(x))),
    lambda x: x <> ''), '|') AS "end",
  'EMBL-EBI terms of use' AS licence,
  CASE
    WHEN confidence = 'limited' THEN ''
    WHEN mechanism IN ('loss of function', 'gain of function') THEN mechanism
    ELSE 'causal'
  END AS action,
  'Gene2Phenotype: ' || array_to_string(list_filter(
    [confidence || ' evidence', inherited, nullif(replace(consequence, ';', ' or'), ''),
      nullif(mechanism || if(support = '', '', ' (' || support || ')'), '')],
    lambda x: x <> ''), ', ') AS evidence,
  list_transform(regexp_extract_all(coalesce(publications, ''), '[0-9]+'), lambda x: 'PMID:' || x) AS "references"
FROM pair ANTI JOIN rejects USING (file, line);

-- What the panel calls the disease ("GENE-related deafness") names OMIM's entry, unless it calls that several names.
-- Mondo's term may be wider, and is called by its id until Mondo is loaded.
INSERT INTO node_rows
SELECT min(file), min(line), 'Disease/' || id, 'Disease', id,
  if(starts_with(id, 'OMIM:') AND count(DISTINCT lower(name)) FILTER (name <> '') = 1, min(name) FILTER (name <> ''), id),
  [], [], ''
FROM pair ANTI JOIN rejects USING (file, line)
WHERE id IS NOT NULL
GROUP BY id;
