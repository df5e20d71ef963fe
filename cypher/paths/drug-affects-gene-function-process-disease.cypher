// name: drug-affects-gene-function-process-disease
// says: {drug} {affects} {gene}, which {drives} {function}, which {partakes} {process}, which {linked} {disease}
// metapath: Drug AFFECTS Gene AFFECTS MolecularFunction PARTICIPATES_IN BiologicalProcess CORRELATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(gene:Gene)-[drives:AFFECTS]->(function:MolecularFunction)
WHERE (size($via) = 0 OR (gene.id IN $via AND function.id IN $via))
WITH drug, gene, function
MATCH (function)-[partakes:PARTICIPATES_IN]->(process:BiologicalProcess)-[linked:CORRELATED_WITH]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR process.id IN $via)
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, function.id AS function_id, process.id AS process_id, disease.id AS disease_id
ORDER BY gene_id, function_id, process_id
LIMIT $limit
