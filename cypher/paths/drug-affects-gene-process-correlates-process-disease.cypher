// name: drug-affects-gene-process-correlates-process-disease
// says: {drug} {affects} {gene}, which {drives} {process}, which {goes} {next}, which {linked} {disease}
// metapath: Drug AFFECTS Gene AFFECTS BiologicalProcess CORRELATED_WITH BiologicalProcess CORRELATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(gene:Gene)-[drives:AFFECTS]->(process:BiologicalProcess)
      -[goes:CORRELATED_WITH]->(next:BiologicalProcess)
      -[linked:CORRELATED_WITH]->(disease:Disease {id: $disease})
WHERE process.id <> next.id AND (size($via) = 0 OR (gene.id IN $via AND process.id IN $via AND next.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  affects AS affects,
  gene.id AS gene_id, gene.name AS gene_name,
  drives AS drives,
  process.id AS process_id, process.name AS process_name,
  goes AS goes,
  next.id AS next_id, next.name AS next_name,
  linked AS linked,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY gene_id, process_id, next_id, affects.source, drives.source, goes.source, linked.source
LIMIT $limit
