// name: contributes-to-disease
// says: {drug} {adds} {disease}
// metapath: Drug CONTRIBUTES_TO Disease
// stance: adverse
MATCH (drug:Drug {id: $drug})-[adds:CONTRIBUTES_TO]->(disease:Disease {id: $disease})
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  adds AS adds,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY adds.source
LIMIT $limit
