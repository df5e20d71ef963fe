// name: drug-affects-family-process-organism-disease
// says: {drug} {affects} {family}, which {drives} {process}, which {located} {organism}, which {causes} {disease}
// metapath: Drug AFFECTS GeneFamily AFFECTS BiologicalProcess LOCATED_IN Organism CAUSES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(family:GeneFamily)
      -[drives:AFFECTS]->(process:BiologicalProcess)-[located:LOCATED_IN]->(organism:Organism)
      -[causes:CAUSES]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR (family.id IN $via AND process.id IN $via AND organism.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  affects AS affects,
  family.id AS family_id, family.name AS family_name,
  drives AS drives,
  process.id AS process_id, process.name AS process_name,
  located AS located,
  organism.id AS organism_id, organism.name AS organism_name,
  causes AS causes,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY family_id, process_id, organism_id, affects.source, drives.source, located.source, causes.source
LIMIT $limit
