// name: drug-affects-process-symptom-disease
// says: {drug} {affects} {process}, which {linked} {symptom}, which {shown} {disease}
// metapath: Drug AFFECTS BiologicalProcess CORRELATED_WITH Symptom < PRESENTS Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(process:BiologicalProcess)
      -[linked:CORRELATED_WITH]->(symptom:Symptom)<-[shown:PRESENTS]-(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR (process.id IN $via AND symptom.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  affects AS affects,
  process.id AS process_id, process.name AS process_name,
  linked AS linked,
  symptom.id AS symptom_id, symptom.name AS symptom_name,
  shown AS shown,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY process_id, symptom_id, affects.source, linked.source, shown.source
LIMIT $limit
