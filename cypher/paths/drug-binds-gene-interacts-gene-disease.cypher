// name: drug-binds-gene-interacts-gene-disease
// says: {drug} {binds} {gene}, which {interacts} {partner}, which {assoc} {disease}
// metapath: Drug BINDS Gene INTERACTS_WITH Gene < ASSOCIATED_WITH Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)-[interacts:INTERACTS_WITH]-(partner:Gene)
WHERE gene.id <> partner.id AND (size($via) = 0 OR (gene.id IN $via AND partner.id IN $via))
WITH drug, gene, partner
MATCH (partner)<-[assoc:ASSOCIATED_WITH]-(disease:Disease {id: $disease})
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, partner.id AS partner_id, disease.id AS disease_id
ORDER BY gene_id, partner_id
LIMIT $limit
