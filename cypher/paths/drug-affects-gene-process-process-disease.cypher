// name: drug-affects-gene-process-process-disease
// says: {drug} {affects} {gene}, which {drives} {process}, which {leads} {next}, which {linked} {disease}
// metapath: Drug AFFECTS Gene AFFECTS BiologicalProcess AFFECTS BiologicalProcess CORRELATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(gene:Gene)-[drives:AFFECTS]->(process:BiologicalProcess)
WHERE (size($via) = 0 OR (gene.id IN $via AND process.id IN $via))
WITH drug, gene, process
MATCH (process)-[leads:AFFECTS]->(next:BiologicalProcess)-[linked:CORRELATED_WITH]->(disease:Disease {id: $disease})
WHERE process.id <> next.id AND (size($via) = 0 OR next.id IN $via)
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, process.id AS process_id, next.id AS next_id, disease.id AS disease_id
ORDER BY gene_id, process_id, next_id
LIMIT $limit
