// name: drug-treats-disease-sharing-gene
// says: {drug} {treats} {other}, which {assoc} {gene}, which {shared} {disease}
// metapath: Drug TREATS Disease ASSOCIATED_WITH Gene < ASSOCIATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[treats:TREATS]->(other:Disease)-[assoc:ASSOCIATED_WITH]->(gene:Gene)
      <-[shared:ASSOCIATED_WITH]-(disease:Disease {id: $disease})
WHERE other.id <> disease.id AND (size($via) = 0 OR (other.id IN $via AND gene.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  treats AS treats,
  other.id AS other_id, other.name AS other_name,
  assoc AS assoc,
  gene.id AS gene_id, gene.name AS gene_name,
  shared AS shared,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY other_id, gene_id, treats.source, assoc.source, shared.source
LIMIT $limit
