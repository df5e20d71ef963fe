// name: drug-treats-sibling-disease
// says: {drug} {treats} {other}, which {kind} {parent}, which also {subtype} {disease}
// metapath: Drug TREATS Disease IS_A Disease < IS_A Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[treats:TREATS]->(other:Disease)-[kind:IS_A]->(parent:Disease)
      <-[subtype:IS_A]-(disease:Disease {id: $disease})
WHERE other.id <> parent.id AND other.id <> disease.id AND parent.id <> disease.id AND (size($via) = 0 OR (other.id IN $via AND parent.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  treats AS treats,
  other.id AS other_id, other.name AS other_name,
  kind AS kind,
  parent.id AS parent_id, parent.name AS parent_name,
  subtype AS subtype,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY other_id, parent_id, treats.source, kind.source, subtype.source
LIMIT $limit
