// name: drug-binds-gene-parent-disease
// says: {drug} {binds} {gene}, which {assoc} {parent}, which {subtype} {disease}
// metapath: Drug BINDS Gene < ASSOCIATED_WITH Disease < IS_A Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)<-[assoc:ASSOCIATED_WITH]-(parent:Disease)
      <-[subtype:IS_A]-(disease:Disease {id: $disease})
WHERE parent.id <> disease.id AND (size($via) = 0 OR (gene.id IN $via AND parent.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  binds AS binds,
  gene.id AS gene_id, gene.name AS gene_name,
  assoc AS assoc,
  parent.id AS parent_id, parent.name AS parent_name,
  subtype AS subtype,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY gene_id, parent_id, binds.source, assoc.source, subtype.source
LIMIT $limit
