// name: drug-binds-gene-process-disease
// says: {drug} {binds} {gene}, which {partakes} {process}, which {linked} {disease}
// metapath: Drug BINDS Gene PARTICIPATES_IN BiologicalProcess CORRELATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)
      -[partakes:PARTICIPATES_IN]->(process:BiologicalProcess)
      -[linked:CORRELATED_WITH]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR (gene.id IN $via AND process.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  binds AS binds,
  gene.id AS gene_id, gene.name AS gene_name,
  partakes AS partakes,
  process.id AS process_id, process.name AS process_name,
  linked AS linked,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY gene_id, process_id, binds.source, partakes.source, linked.source
LIMIT $limit
