// name: drug-affects-chemical-process-disease
// says: {drug} {affects} {chemical}, which {drives} {process}, which {linked} {disease}
// metapath: Drug AFFECTS Chemical AFFECTS BiologicalProcess CORRELATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(chemical:Chemical)-[drives:AFFECTS]->(process:BiologicalProcess)
WHERE (size($via) = 0 OR (chemical.id IN $via AND process.id IN $via))
WITH drug, chemical, process
MATCH (process)-[linked:CORRELATED_WITH]->(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, chemical.id AS chemical_id, process.id AS process_id, disease.id AS disease_id
ORDER BY chemical_id, process_id
LIMIT $limit
