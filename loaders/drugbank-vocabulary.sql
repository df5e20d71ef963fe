-- Maps DrugBank's vocabulary to staged rows (DuckDB). Synonyms are separated by " | ".
INSERT INTO node_rows
SELECT file, line, "DrugBank ID", 'Drug', 'DRUGBANK:' || "DrugBank ID", "Common name",
  list_filter(string_split(coalesce(Synonyms, ''), ' | '), lambda x: x <> ''),
  list_filter(['UNII:' || nullif(UNII, ''), 'INCHIKEY:' || nullif(regexp_extract("Standard InChI Key", '[A-Z]{14}-[A-Z]{10}-[A-Z]'), '')], lambda x: x IS NOT NULL), ''
FROM drugs;

-- One skeleton, the first block of the InChIKey, is one structure but for stereochemistry, isotopes and charge:
-- citalopram and escitalopram. They are drugs of their own.
CREATE TEMP TABLE structure AS
SELECT file, line, "DrugBank ID" AS id, regexp_extract("Standard InChI Key", '[A-Z]{14}-[A-Z]{10}-[A-Z]') AS key
FROM drugs;

INSERT INTO edge_rows BY NAME
SELECT a.file, a.line, 'RESEMBLES' AS relation, a.id AS start, b.id AS "end", 'CC0-1.0' AS licence,
  'same structure but for stereochemistry, isotopes or charge (InChIKey)' AS evidence
FROM structure AS a JOIN structure AS b ON b.key[1:14] = a.key[1:14] AND a.id < b.id
WHERE a.key <> '';
