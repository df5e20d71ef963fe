// name: drug-affects-process-process-disease
// says: {drug} {affects} {process}, which {drives} {next}, which {linked} {disease}
// metapath: Drug AFFECTS BiologicalProcess AFFECTS BiologicalProcess CORRELATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(process:BiologicalProcess)
      -[drives:AFFECTS]->(next:BiologicalProcess)-[linked:CORRELATED_WITH]->(disease:Disease {id: $disease})
WHERE process.id <> next.id AND (size($via) = 0 OR (process.id IN $via AND next.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  affects AS affects,
  process.id AS process_id, process.name AS process_name,
  drives AS drives,
  next.id AS next_id, next.name AS next_name,
  linked AS linked,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY process_id, next_id, affects.source, drives.source, linked.source
LIMIT $limit
