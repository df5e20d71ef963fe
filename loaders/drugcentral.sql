-- Maps DrugCentral's tables to staged rows (DuckDB). A row of `uses` is a drug (struct_id) and a condition,
-- an OMOP concept with a UMLS or a SNOMED CT id.
CREATE TEMP TABLE used AS
SELECT file, line, 'drug ' || struct_id AS drug, lower(trim(relationship_name)) AS word, trim(concept_name) AS name,
  coalesce('UMLS:' || nullif(trim(umls_cui), ''), 'SNOMEDCT:' || nullif(trim(snomed_conceptid), '')) AS disease,
  list_filter([
    'UMLS:' || nullif(trim(umls_cui), ''), 'SNOMEDCT:' || nullif(trim(snomed_conceptid), '')
  ], lambda x: x IS NOT NULL) AS xrefs,
  coalesce(trim(cui_semantic_type), '') AS semantic
FROM uses;

-- A use that treats no disease (diagnosis, a procedure such as anaesthesia) is no indication in the schema.
INSERT INTO rejects
SELECT 'edges', file, line,
  if(disease IS NULL, 'condition without an id', 'use that is no treatment of a disease'),
  word || ': ' || name || if(semantic = '', '', ' (' || semantic || ')'), NULL
FROM used
WHERE disease IS NULL OR word NOT IN ('indication', 'off-label use', 'contraindication', 'reduce risk', 'symptomatic treatment')
  OR (word <> 'contraindication' AND semantic IN ('T058', 'T059', 'T060', 'T061'));

INSERT INTO edge_rows BY NAME
SELECT u.file, u.line,
  CASE word WHEN 'contraindication' THEN 'CONTRAINDICATED_FOR' WHEN 'symptomatic treatment' THEN 'PALLIATES'
    ELSE 'TREATS' END AS relation,
  drug AS start, disease AS "end", 'CC-BY-SA-4.0' AS licence, word AS evidence,
  if(word = 'reduce risk', 'prevents', '') AS action
FROM used AS u ANTI JOIN rejects USING (file, line);

-- Ids of a drug: DrugBank's where the database has it, else its own number.
CREATE TEMP TABLE other_ids AS
SELECT struct_id,
  list_distinct(list(CASE id_type
    WHEN 'DRUGBANK_ID' THEN 'DRUGBANK:' || identifier
    WHEN 'CHEBI' THEN 'CHEBI:' || regexp_replace(identifier, '^CHEBI:', '')
    WHEN 'ChEMBL_ID' THEN 'CHEMBL:' || identifier
    WHEN 'UNII' THEN 'UNII:' || identifier
    WHEN 'RXNORM' THEN 'RXCUI:' || identifier
    WHEN 'PUBCHEM_CID' THEN 'PUBCHEM:' || identifier
    WHEN 'MESH_DESCRIPTOR_UI' THEN 'MESH:' || identifier
    WHEN 'MESH_SUPPLEMENTAL_RECORD_UI' THEN 'MESH:' || identifier
  END)) AS ids
FROM identifiers
GROUP BY struct_id;

INSERT INTO node_rows
SELECT u.file, u.line, u.drug, 'Drug',
  coalesce(list_filter(o.ids, lambda x: x LIKE 'DRUGBANK:%')[1], 'DRUGCENTRAL:' || substr(u.drug, 6)), s.name, [],
  list_append(list_filter(coalesce(o.ids, []), lambda x: x IS NOT NULL), 'DRUGCENTRAL:' || substr(u.drug, 6)), ''
FROM (SELECT min(file) AS file, min(line) AS line, start AS drug FROM edge_rows GROUP BY start) AS u
LEFT JOIN structures AS s ON s.id = substr(u.drug, 6)
LEFT JOIN other_ids AS o ON o.struct_id = substr(u.drug, 6)
UNION ALL
SELECT min(file), min(line), disease, 'Disease', disease, min(name), [], list_distinct(flatten(list(xrefs))), ''
FROM used SEMI JOIN edge_rows USING (file, line)
GROUP BY disease;
