// name: drug-resembles-drug-binds-gene-disease
// says: {drug} {resembles} {other}, which {binds} {gene}, which {assoc} {disease}
// metapath: Drug RESEMBLES Drug BINDS Gene < ASSOCIATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[resembles:RESEMBLES]-(other:Drug)-[binds:BINDS]->(gene:Gene)
      <-[assoc:ASSOCIATED_WITH]-(disease:Disease {id: $disease})
WHERE drug.id <> other.id AND (size($via) = 0 OR (other.id IN $via AND gene.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  resembles AS resembles,
  other.id AS other_id, other.name AS other_name,
  binds AS binds,
  gene.id AS gene_id, gene.name AS gene_name,
  assoc AS assoc,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY other_id, gene_id, resembles.source, binds.source, assoc.source
LIMIT $limit
