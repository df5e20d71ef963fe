// name: contraindicated-for-disease
// says: {drug} {contra} {disease}
// metapath: Drug CONTRAINDICATED_FOR Disease
// stance: adverse
MATCH (drug:Drug {id: $drug})-[contra:CONTRAINDICATED_FOR]->(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, disease.id AS disease_id
ORDER BY drug_id
LIMIT $limit
