// name: drug-affects-gene-pathway-process-disease
// says: {drug} {affects} {gene}, which {partakes} {pathway}, which {drives} {process}, which {causes} {disease}
// metapath: Drug AFFECTS Gene PARTICIPATES_IN Pathway AFFECTS BiologicalProcess CAUSES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(gene:Gene)-[partakes:PARTICIPATES_IN]->(pathway:Pathway)
WHERE (size($via) = 0 OR (gene.id IN $via AND pathway.id IN $via))
WITH drug, gene, pathway
MATCH (pathway)-[drives:AFFECTS]->(process:BiologicalProcess)-[causes:CAUSES]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR process.id IN $via)
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, pathway.id AS pathway_id, process.id AS process_id, disease.id AS disease_id
ORDER BY gene_id, pathway_id, process_id
LIMIT $limit
