// name: drug-binds-gene-pathway-gene-disease
// says: {drug} {binds} {gene}, which {partakes} {pathway}, a pathway that also {involves} {partner}, which {assoc} {disease}
// metapath: Drug BINDS Gene PARTICIPATES_IN Pathway < PARTICIPATES_IN Gene < ASSOCIATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)-[partakes:PARTICIPATES_IN]->(pathway:Pathway)
WHERE (size($via) = 0 OR (gene.id IN $via AND pathway.id IN $via))
WITH drug, gene, pathway
MATCH (pathway)<-[involves:PARTICIPATES_IN]-(partner:Gene)<-[assoc:ASSOCIATED_WITH]-(disease:Disease {id: $disease})
WHERE gene.id <> partner.id AND (size($via) = 0 OR partner.id IN $via)
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, pathway.id AS pathway_id, partner.id AS partner_id, disease.id AS disease_id
ORDER BY gene_id, pathway_id, partner_id
LIMIT $limit
