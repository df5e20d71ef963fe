// name: known-treatments
// The drugs that a source says treat a disease or relieve its symptoms.
MATCH (drug:Drug)-[treats:TREATS]->(disease:Disease {id: $disease})
RETURN drug.id AS drug_id, drug.name AS drug_name, 'TREATS' AS relation, treats AS edge
UNION ALL
MATCH (drug:Drug)-[eases:PALLIATES]->(disease:Disease {id: $disease})
RETURN drug.id AS drug_id, drug.name AS drug_name, 'PALLIATES' AS relation, eases AS edge
