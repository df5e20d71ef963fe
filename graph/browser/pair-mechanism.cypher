// A drug and a disease: target genes, and genes that share a process or pathway with the disease's genes
WITH 'fingolimod' AS drug_name, 'multiple sclerosis' AS disease_name
MATCH (drug:Drug) WHERE toLower(drug.name) = toLower(drug_name)
MATCH (disease:Disease) WHERE toLower(disease.name) = toLower(disease_name)
CALL (drug, disease) {
  MATCH p = (drug)-[:BINDS]->(:Gene)<-[:ASSOCIATED_WITH]-(disease)
  RETURN p
  UNION
  MATCH p = (drug)-[:BINDS]->(:Gene)-[:PARTICIPATES_IN]->()<-[:PARTICIPATES_IN]-(:Gene)<-[:ASSOCIATED_WITH]-(disease)
  RETURN p
  LIMIT 40
}
RETURN p
