// name: drug-binds-gene-process-gene-disease
// says: {drug} {binds} {gene}, which {partakes} {process}, a process that also {involves} {partner}, which {assoc} {disease}
// metapath: Drug BINDS Gene PARTICIPATES_IN BiologicalProcess < PARTICIPATES_IN Gene < ASSOCIATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)-[partakes:PARTICIPATES_IN]->(process:BiologicalProcess)
WHERE (size($via) = 0 OR (gene.id IN $via AND process.id IN $via))
WITH drug, gene, process
MATCH (process)<-[involves:PARTICIPATES_IN]-(partner:Gene)<-[assoc:ASSOCIATED_WITH]-(disease:Disease {id: $disease})
WHERE gene.id <> partner.id AND (size($via) = 0 OR partner.id IN $via)
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, process.id AS process_id, partner.id AS partner_id, disease.id AS disease_id
ORDER BY gene_id, process_id, partner_id
LIMIT $limit
