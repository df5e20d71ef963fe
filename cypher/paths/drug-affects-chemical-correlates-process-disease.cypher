// name: drug-affects-chemical-correlates-process-disease
// says: {drug} {affects} {chemical}, which {goes} {process}, which {linked} {disease}
// metapath: Drug AFFECTS Chemical CORRELATED_WITH BiologicalProcess CORRELATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(chemical:Chemical)-[goes:CORRELATED_WITH]->(process:BiologicalProcess)
WHERE (size($via) = 0 OR (chemical.id IN $via AND process.id IN $via))
WITH drug, chemical, process
MATCH (process)-[linked:CORRELATED_WITH]->(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, chemical.id AS chemical_id, process.id AS process_id, disease.id AS disease_id
ORDER BY chemical_id, process_id
LIMIT $limit
