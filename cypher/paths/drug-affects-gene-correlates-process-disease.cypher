// name: drug-affects-gene-correlates-process-disease
// says: {drug} {affects} {gene}, which {goes} {process}, which {linked} {disease}
// metapath: Drug AFFECTS Gene CORRELATED_WITH BiologicalProcess CORRELATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(gene:Gene)
      -[goes:CORRELATED_WITH]->(process:BiologicalProcess)
      -[linked:CORRELATED_WITH]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR (gene.id IN $via AND process.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  affects AS affects,
  gene.id AS gene_id, gene.name AS gene_name,
  goes AS goes,
  process.id AS process_id, process.name AS process_name,
  linked AS linked,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY gene_id, process_id, affects.source, goes.source, linked.source
LIMIT $limit
