// name: drug-affects-process-causes-disease
// says: {drug} {affects} {process}, which {causes} {disease}
// metapath: Drug AFFECTS BiologicalProcess CAUSES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(process:BiologicalProcess)
      -[causes:CAUSES]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR process.id IN $via)
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  affects AS affects,
  process.id AS process_id, process.name AS process_name,
  causes AS causes,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY process_id, affects.source, causes.source
LIMIT $limit
