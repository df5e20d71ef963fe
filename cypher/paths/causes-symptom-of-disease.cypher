// name: causes-symptom-of-disease
// says: {drug} {causes} {symptom}, which {shown} {disease}
// metapath: Drug CAUSES Symptom < PRESENTS Disease
// stance: adverse
MATCH (drug:Drug {id: $drug})-[causes:CAUSES]->(symptom:Symptom)<-[shown:PRESENTS]-(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR symptom.id IN $via)
RETURN DISTINCT drug.id AS drug_id, symptom.id AS symptom_id, disease.id AS disease_id
ORDER BY symptom_id
LIMIT $limit
