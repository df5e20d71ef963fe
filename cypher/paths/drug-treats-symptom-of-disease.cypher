// name: drug-treats-symptom-of-disease
// says: {drug} {treats} {symptom}, which {shown} {disease}
// metapath: Drug TREATS Symptom < PRESENTS Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[treats:TREATS]->(symptom:Symptom)<-[shown:PRESENTS]-(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR symptom.id IN $via)
RETURN DISTINCT drug.id AS drug_id, symptom.id AS symptom_id, disease.id AS disease_id
ORDER BY symptom_id
LIMIT $limit
