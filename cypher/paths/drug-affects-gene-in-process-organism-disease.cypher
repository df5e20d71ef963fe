// name: drug-affects-gene-in-process-organism-disease
// says: {drug} {affects} {gene}, which {partakes} {process}, which {located} {organism}, which {causes} {disease}
// metapath: Drug AFFECTS Gene PARTICIPATES_IN BiologicalProcess LOCATED_IN Organism CAUSES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(gene:Gene)-[partakes:PARTICIPATES_IN]->(process:BiologicalProcess)
WHERE (size($via) = 0 OR (gene.id IN $via AND process.id IN $via))
WITH drug, gene, process
MATCH (process)-[located:LOCATED_IN]->(organism:Organism)-[causes:CAUSES]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR organism.id IN $via)
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, process.id AS process_id, organism.id AS organism_id, disease.id AS disease_id
ORDER BY gene_id, process_id, organism_id
LIMIT $limit
