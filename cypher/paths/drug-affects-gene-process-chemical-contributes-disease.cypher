// name: drug-affects-gene-process-chemical-contributes-disease
// says: {drug} {affects} {gene}, which {drives} {process}, which {leads} {chemical}, which {adds} {disease}
// metapath: Drug AFFECTS Gene AFFECTS BiologicalProcess AFFECTS Chemical CONTRIBUTES_TO Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(gene:Gene)-[drives:AFFECTS]->(process:BiologicalProcess)
WHERE (size($via) = 0 OR (gene.id IN $via AND process.id IN $via))
WITH drug, gene, process
MATCH (process)-[leads:AFFECTS]->(chemical:Chemical)-[adds:CONTRIBUTES_TO]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR chemical.id IN $via)
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, process.id AS process_id, chemical.id AS chemical_id, disease.id AS disease_id
ORDER BY gene_id, process_id, chemical_id
LIMIT $limit
