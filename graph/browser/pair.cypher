// A drug and a disease: paths of up to three steps over targets, processes and genes
WITH 'fingolimod' AS drug_name, 'multiple sclerosis' AS disease_name
MATCH (drug:Drug) WHERE toLower(drug.name) = toLower(drug_name)
MATCH (disease:Disease) WHERE toLower(disease.name) = toLower(disease_name)
MATCH p = (drug)-[:BINDS|AFFECTS|ASSOCIATED_WITH|CORRELATED_WITH|CONTRIBUTES_TO|PARTICIPATES_IN*1..3]-(disease)
RETURN p
LIMIT 60
