// name: drug-treats-parent-disease
// says: {drug} {treats} {parent}, which {subtype} {disease}
// metapath: Drug TREATS Disease < IS_A Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[treats:TREATS]->(parent:Disease)
      <-[subtype:IS_A]-(disease:Disease {id: $disease})
WHERE parent.id <> disease.id AND (size($via) = 0 OR parent.id IN $via)
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  treats AS treats,
  parent.id AS parent_id, parent.name AS parent_name,
  subtype AS subtype,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY parent_id, treats.source, subtype.source
LIMIT $limit
