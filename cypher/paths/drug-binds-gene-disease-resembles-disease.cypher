// name: drug-binds-gene-disease-resembles-disease
// says: {drug} {binds} {gene}, which {assoc} {other}, which {resembles} {disease}
// metapath: Drug BINDS Gene < ASSOCIATED_WITH Disease RESEMBLES Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)<-[assoc:ASSOCIATED_WITH]-(other:Disease)
      -[resembles:RESEMBLES]-(disease:Disease {id: $disease})
WHERE other.id <> disease.id AND (size($via) = 0 OR (gene.id IN $via AND other.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  binds AS binds,
  gene.id AS gene_id, gene.name AS gene_name,
  assoc AS assoc,
  other.id AS other_id, other.name AS other_name,
  resembles AS resembles,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY gene_id, other_id, binds.source, assoc.source, resembles.source
LIMIT $limit
