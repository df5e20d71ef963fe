// name: drug-same-target-drug-treats-disease
// says: {drug} {binds} {gene}, which {bound} {other}, which {treats} {disease}
// metapath: Drug BINDS Gene < BINDS Drug TREATS Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)<-[bound:BINDS]-(other:Drug)
      -[treats:TREATS]->(disease:Disease {id: $disease})
WHERE drug.id <> other.id AND (size($via) = 0 OR (gene.id IN $via AND other.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  binds AS binds,
  gene.id AS gene_id, gene.name AS gene_name,
  bound AS bound,
  other.id AS other_id, other.name AS other_name,
  treats AS treats,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY gene_id, other_id, binds.source, bound.source, treats.source
LIMIT $limit
