// name: causes-disease
// says: {drug} {causes} {disease}
// metapath: Drug CAUSES Disease
// stance: adverse
MATCH (drug:Drug {id: $drug})-[causes:CAUSES]->(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, disease.id AS disease_id
ORDER BY drug_id
LIMIT $limit
