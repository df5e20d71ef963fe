// name: drug-affects-chemical-process-disease
// says: {drug} {affects} {chemical}, which {drives} {process}, which {linked} {disease}
// metapath: Drug AFFECTS Chemical AFFECTS BiologicalProcess CORRELATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(chemical:Chemical)
      -[drives:AFFECTS]->(process:BiologicalProcess)
      -[linked:CORRELATED_WITH]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR (chemical.id IN $via AND process.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  affects AS affects,
  chemical.id AS chemical_id, chemical.name AS chemical_name,
  drives AS drives,
  process.id AS process_id, process.name AS process_name,
  linked AS linked,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY chemical_id, process_id, affects.source, drives.source, linked.source
LIMIT $limit
