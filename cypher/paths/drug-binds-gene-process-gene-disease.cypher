// name: drug-binds-gene-process-gene-disease
// says: {drug} {binds} {gene}, which {partakes} {process}, a process that also {involves} {partner}, which {assoc} {disease}
// metapath: Drug BINDS Gene PARTICIPATES_IN BiologicalProcess < PARTICIPATES_IN Gene < ASSOCIATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)
      -[partakes:PARTICIPATES_IN]->(process:BiologicalProcess)<-[involves:PARTICIPATES_IN]-(partner:Gene)
      <-[assoc:ASSOCIATED_WITH]-(disease:Disease {id: $disease})
WHERE gene.id <> partner.id AND (size($via) = 0 OR (gene.id IN $via AND process.id IN $via AND partner.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  binds AS binds,
  gene.id AS gene_id, gene.name AS gene_name,
  partakes AS partakes,
  process.id AS process_id, process.name AS process_name,
  involves AS involves,
  partner.id AS partner_id, partner.name AS partner_name,
  assoc AS assoc,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY gene_id, process_id, partner_id, binds.source, partakes.source, involves.source, assoc.source
LIMIT $limit
