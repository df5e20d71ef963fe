// name: drug-binds-gene-pathway-gene-disease
// says: {drug} {binds} {gene}, which {partakes} {pathway}, a pathway that also {involves} {partner}, which {assoc} {disease}
// metapath: Drug BINDS Gene PARTICIPATES_IN Pathway < PARTICIPATES_IN Gene < ASSOCIATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)-[partakes:PARTICIPATES_IN]->(pathway:Pathway)
      <-[involves:PARTICIPATES_IN]-(partner:Gene)<-[assoc:ASSOCIATED_WITH]-(disease:Disease {id: $disease})
WHERE gene.id <> partner.id AND (size($via) = 0 OR (gene.id IN $via AND pathway.id IN $via AND partner.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  binds AS binds,
  gene.id AS gene_id, gene.name AS gene_name,
  partakes AS partakes,
  pathway.id AS pathway_id, pathway.name AS pathway_name,
  involves AS involves,
  partner.id AS partner_id, partner.name AS partner_name,
  assoc AS assoc,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY gene_id, pathway_id, partner_id, binds.source, partakes.source, involves.source, assoc.source
LIMIT $limit
