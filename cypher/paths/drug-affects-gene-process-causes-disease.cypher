// name: drug-affects-gene-process-causes-disease
// says: {drug} {affects} {gene}, which {drives} {process}, which {causes} {disease}
// metapath: Drug AFFECTS Gene AFFECTS BiologicalProcess CAUSES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(gene:Gene)-[drives:AFFECTS]->(process:BiologicalProcess)
WHERE (size($via) = 0 OR (gene.id IN $via AND process.id IN $via))
WITH drug, gene, process
MATCH (process)-[causes:CAUSES]->(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, process.id AS process_id, disease.id AS disease_id
ORDER BY gene_id, process_id
LIMIT $limit
