// name: drug-affects-gene-in-process-organism-disease
// says: {drug} {affects} {gene}, which {partakes} {process}, which {located} {organism}, which {causes} {disease}
// metapath: Drug AFFECTS Gene PARTICIPATES_IN BiologicalProcess LOCATED_IN Organism CAUSES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(gene:Gene)
      -[partakes:PARTICIPATES_IN]->(process:BiologicalProcess)-[located:LOCATED_IN]->(organism:Organism)
      -[causes:CAUSES]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR (gene.id IN $via AND process.id IN $via AND organism.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  affects AS affects,
  gene.id AS gene_id, gene.name AS gene_name,
  partakes AS partakes,
  process.id AS process_id, process.name AS process_name,
  located AS located,
  organism.id AS organism_id, organism.name AS organism_name,
  causes AS causes,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY gene_id, process_id, organism_id, affects.source, partakes.source, located.source, causes.source
LIMIT $limit
