// name: drug-affects-gene-disease
// says: {drug} {affects} {gene}, which {assoc} {disease}
// metapath: Drug AFFECTS Gene < ASSOCIATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[affects:AFFECTS]->(gene:Gene)
      <-[assoc:ASSOCIATED_WITH]-(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR gene.id IN $via)
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  affects AS affects,
  gene.id AS gene_id, gene.name AS gene_name,
  assoc AS assoc,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY gene_id, affects.source, assoc.source
LIMIT $limit
