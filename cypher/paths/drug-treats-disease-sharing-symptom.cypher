// name: drug-treats-disease-sharing-symptom
// says: {drug} {treats} {other}, which {presents} {symptom}, which {shown} {disease}
// metapath: Drug TREATS Disease PRESENTS Symptom < PRESENTS Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[treats:TREATS]->(other:Disease)-[presents:PRESENTS]->(symptom:Symptom)
WHERE (size($via) = 0 OR (other.id IN $via AND symptom.id IN $via))
WITH drug, other, symptom
MATCH (symptom)<-[shown:PRESENTS]-(disease:Disease {id: $disease})
WHERE other.id <> disease.id
RETURN DISTINCT drug.id AS drug_id, other.id AS other_id, symptom.id AS symptom_id, disease.id AS disease_id
ORDER BY other_id, symptom_id
LIMIT $limit
