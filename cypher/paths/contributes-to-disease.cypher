// name: contributes-to-disease
// says: {drug} {adds} {disease}
// metapath: Drug CONTRIBUTES_TO Disease
// stance: adverse
MATCH (drug:Drug {id: $drug})-[adds:CONTRIBUTES_TO]->(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, disease.id AS disease_id
ORDER BY drug_id
LIMIT $limit
