-- Maps DrugBank's vocabulary to staged rows (DuckDB). Synonyms are separated by " | ".
INSERT INTO node_rows
SELECT file, line, "DrugBank ID", 'Drug', 'DRUGBANK:' || "DrugBank ID", "Common name",
  list_filter(string_split(coalesce(Synonyms, ''), ' | '), lambda x: x <> ''),
  list_filter(['UNII:' || nullif(UNII, ''), 'INCHIKEY:' || nullif(trim("Standard InChI Key"), '')], lambda x: x IS NOT NULL), ''
FROM drugs;
