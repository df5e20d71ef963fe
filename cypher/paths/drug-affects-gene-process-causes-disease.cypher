// name: drug-affects-gene-process-causes-disease
// says: {drug} {affects} {gene}, which {drives} {process}, which {causes} {disease}
// metapath: Drug AFFECTS Gene AFFECTS BiologicalProcess CAUSES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(gene:Gene)-[drives:AFFECTS]->(process:BiologicalProcess)
      -[causes:CAUSES]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR (gene.id IN $via AND process.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  affects AS affects,
  gene.id AS gene_id, gene.name AS gene_name,
  drives AS drives,
  process.id AS process_id, process.name AS process_name,
  causes AS causes,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY gene_id, process_id, affects.source, drives.source, causes.source
LIMIT $limit
