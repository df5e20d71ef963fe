// name: drug-binds-gene-disease
// says: {drug} {binds} {gene}, which {assoc} {disease}
// metapath: Drug BINDS Gene < ASSOCIATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)
      <-[assoc:ASSOCIATED_WITH]-(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR gene.id IN $via)
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  binds AS binds,
  gene.id AS gene_id, gene.name AS gene_name,
  assoc AS assoc,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY gene_id, binds.source, assoc.source
LIMIT $limit
