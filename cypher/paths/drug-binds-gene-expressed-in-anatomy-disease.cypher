// name: drug-binds-gene-expressed-in-anatomy-disease
// says: {drug} {binds} {gene}, which {expressed} {anatomy}, which {site} {disease}
// metapath: Drug BINDS Gene EXPRESSED_IN Anatomy < LOCALIZES_TO Disease
// stance: supports
MATCH (drug:Drug {id: $drug})-[binds:BINDS]->(gene:Gene)-[expressed:EXPRESSED_IN]->(anatomy:Anatomy)
      <-[site:LOCALIZES_TO]-(disease:Disease {id: $disease})
WHERE (size($via) = 0 OR (gene.id IN $via AND anatomy.id IN $via))
RETURN
  drug.id AS drug_id, drug.name AS drug_name,
  binds AS binds,
  gene.id AS gene_id, gene.name AS gene_name,
  expressed AS expressed,
  anatomy.id AS anatomy_id, anatomy.name AS anatomy_name,
  site AS site,
  disease.id AS disease_id, disease.name AS disease_name
ORDER BY gene_id, anatomy_id, binds.source, expressed.source, site.source
LIMIT $limit
