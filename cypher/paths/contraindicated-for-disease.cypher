// name: contraindicated-for-disease
// says: {drug} {contra} {disease}
// metapath: Drug CONTRAINDICATED_FOR Disease
// stance: adverse
MATCH (drug:Drug {id: $drug})-[contra:CONTRAINDICATED_FOR]->(disease:Disease {id: $disease})
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  contra AS contra,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY contra.source
LIMIT $limit
