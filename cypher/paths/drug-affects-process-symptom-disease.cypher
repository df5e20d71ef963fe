// name: drug-affects-process-symptom-disease
// says: {drug} {affects} {process}, which {linked} {symptom}, which {shown} {disease}
// metapath: Drug AFFECTS BiologicalProcess CORRELATED_WITH Symptom < PRESENTS Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(process:BiologicalProcess)-[linked:CORRELATED_WITH]->(symptom:Symptom)
WHERE (size($via) = 0 OR (process.id IN $via AND symptom.id IN $via))
WITH drug, process, symptom
MATCH (symptom)<-[shown:PRESENTS]-(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, process.id AS process_id, symptom.id AS symptom_id, disease.id AS disease_id
ORDER BY process_id, symptom_id
LIMIT $limit
