// name: drug-affects-gene-chemical-disease
// says: {drug} {affects} {gene}, which {drives} {chemical}, which {linked} {disease}
// metapath: Drug AFFECTS Gene AFFECTS Chemical CORRELATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(gene:Gene)-[drives:AFFECTS]->(chemical:Chemical)
      -[linked:CORRELATED_WITH]->(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR (gene.id IN $via AND chemical.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  affects AS affects,
  gene.id AS gene_id, gene.name AS gene_name,
  drives AS drives,
  chemical.id AS chemical_id, chemical.name AS chemical_name,
  linked AS linked,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY gene_id, chemical_id, affects.source, drives.source, linked.source
LIMIT $limit
