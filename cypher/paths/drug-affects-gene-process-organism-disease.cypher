// name: drug-affects-gene-process-organism-disease
// says: {drug} {affects} {gene}, which {drives} {process}, which {located} {organism}, which {causes} {disease}
// metapath: Drug AFFECTS Gene AFFECTS BiologicalProcess LOCATED_IN Organism CAUSES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(gene:Gene)-[drives:AFFECTS]->(process:BiologicalProcess)
      -[located:LOCATED_IN]->(organism:Organism)-[causes:CAUSES]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR (gene.id IN $via AND process.id IN $via AND organism.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  affects AS affects,
  gene.id AS gene_id, gene.name AS gene_name,
  drives AS drives,
  process.id AS process_id, process.name AS process_name,
  located AS located,
  organism.id AS organism_id, organism.name AS organism_name,
  causes AS causes,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY gene_id, process_id, organism_id, affects.source, drives.source, located.source, causes.source
LIMIT $limit
