// A drug and a disease: who says so, under which licence, with which references
WITH 'fingolimod' AS drug_name, 'multiple sclerosis' AS disease_name
MATCH (drug:Drug) WHERE toLower(drug.name) = toLower(drug_name)
MATCH (disease:Disease) WHERE toLower(disease.name) = toLower(disease_name)
MATCH p = (drug)-[:TREATS|PALLIATES|BINDS|AFFECTS|ASSOCIATED_WITH|CORRELATED_WITH|CONTRAINDICATED_FOR*1..2]-(disease)
UNWIND relationships(p) AS edge
WITH DISTINCT edge
RETURN startNode(edge).name AS start, type(edge) AS relation, edge.action AS action, endNode(edge).name AS end,
       edge.source AS source, edge.licence AS licence, edge.references AS references
ORDER BY start, relation, end, source
LIMIT 200
