// name: causes-disease
// says: {drug} {causes} {disease}
// metapath: Drug CAUSES Disease
// stance: adverse
MATCH (drug:Drug {id: $drug})-[causes:CAUSES]->(disease:Disease {id: $disease})
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  causes AS causes,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY causes.source
LIMIT $limit
