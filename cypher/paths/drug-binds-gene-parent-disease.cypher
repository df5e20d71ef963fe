// name: drug-binds-gene-parent-disease
// says: {drug} {binds} {gene}, which {assoc} {parent}, which {subtype} {disease}
// metapath: Drug BINDS Gene < ASSOCIATED_WITH Disease < IS_A Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)<-[assoc:ASSOCIATED_WITH]-(parent:Disease)
WHERE (size($via) = 0 OR (gene.id IN $via AND parent.id IN $via))
WITH drug, gene, parent
MATCH (parent)<-[subtype:IS_A]-(disease:Disease {id: $disease})
WHERE parent.id <> disease.id
RETURN DISTINCT drug.id AS drug_id, gene.id AS gene_id, parent.id AS parent_id, disease.id AS disease_id
ORDER BY gene_id, parent_id
LIMIT $limit
