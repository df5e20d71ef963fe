// name: drug-binds-gene-interacts-gene-disease
// says: {drug} {binds} {gene}, which {interacts} {partner}, which {assoc} {disease}
// metapath: Drug BINDS Gene INTERACTS_WITH Gene < ASSOCIATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)-[interacts:INTERACTS_WITH]-(partner:Gene)
      <-[assoc:ASSOCIATED_WITH]-(disease:Disease {id: $disease})
WHERE gene.id <> partner.id AND (size($via) = 0 OR (gene.id IN $via AND partner.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  binds AS binds,
  gene.id AS gene_id, gene.name AS gene_name,
  interacts AS interacts,
  partner.id AS partner_id, partner.name AS partner_name,
  assoc AS assoc,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY gene_id, partner_id, binds.source, interacts.source, assoc.source
LIMIT $limit
