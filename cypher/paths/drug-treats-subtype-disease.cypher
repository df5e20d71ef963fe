// name: drug-treats-subtype-disease
// says: {drug} {treats} {other}, which {kind} {disease}
// metapath: Drug TREATS Disease IS_A Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[treats:TREATS]->(other:Disease)-[kind:IS_A]->(disease:Disease {id: $disease})
WHERE other.id <> disease.id AND (size($via) = 0 OR other.id IN $via)
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  treats AS treats,
  other.id AS other_id, other.name AS other_name,
  kind AS kind,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY other_id, treats.source, kind.source
LIMIT $limit
