// name: stopped-for-disease
// says: {drug} {stopped} {disease}
// metapath: Drug STOPPED_FOR Disease
// stance: adverse
MATCH (drug:Drug {id: $drug})-[stopped:STOPPED_FOR]->(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, disease.id AS disease_id
ORDER BY drug_id
LIMIT $limit
