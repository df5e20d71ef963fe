// name: drug-affects-process-organism-disease
// says: {drug} {affects} {process}, which {located} {organism}, which {causes} {disease}
// metapath: Drug AFFECTS BiologicalProcess LOCATED_IN Organism CAUSES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(process:BiologicalProcess)
      -[located:LOCATED_IN]->(organism:Organism)-[causes:CAUSES]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR (process.id IN $via AND organism.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  affects AS affects,
  process.id AS process_id, process.name AS process_name,
  located AS located,
  organism.id AS organism_id, organism.name AS organism_name,
  causes AS causes,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY process_id, organism_id, affects.source, located.source, causes.source
LIMIT $limit
