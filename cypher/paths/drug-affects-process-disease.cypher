// name: drug-affects-process-disease
// says: {drug} {affects} {process}, which {linked} {disease}
// metapath: Drug AFFECTS BiologicalProcess CORRELATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(process:BiologicalProcess)
      -[linked:CORRELATED_WITH]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR process.id IN $via)
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  affects AS affects,
  process.id AS process_id, process.name AS process_name,
  linked AS linked,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY process_id, affects.source, linked.source
LIMIT $limit
