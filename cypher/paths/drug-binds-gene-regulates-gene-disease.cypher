// name: drug-binds-gene-regulates-gene-disease
// says: {drug} {binds} {gene}, which {regulates} {regulated}, which {assoc} {disease}
// metapath: Drug BINDS Gene REGULATES Gene < ASSOCIATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)-[regulates:REGULATES]->(regulated:Gene)
      <-[assoc:ASSOCIATED_WITH]-(disease:Disease {id: $disease})
WHERE gene.id <> regulated.id AND (size($via) = 0 OR (gene.id IN $via AND regulated.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  binds AS binds,
  gene.id AS gene_id, gene.name AS gene_name,
  regulates AS regulates,
  regulated.id AS regulated_id, regulated.name AS regulated_name,
  assoc AS assoc,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY gene_id, regulated_id, binds.source, regulates.source, assoc.source
LIMIT $limit
