// name: drug-affects-gene-in-process-disease
// says: {drug} {affects} {gene}, which {partakes} {process}, which {linked} {disease}
// metapath: Drug AFFECTS Gene PARTICIPATES_IN BiologicalProcess CORRELATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(gene:Gene)-[partakes:PARTICIPATES_IN]->(process:BiologicalProcess)
WHERE (size($via) = 0 OR (gene.id IN $via AND process.id IN $via))
WITH drug, gene, process
MATCH (process)-[linked:CORRELATED_WITH]->(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, process.id AS process_id, disease.id AS disease_id
ORDER BY gene_id, process_id
LIMIT $limit
