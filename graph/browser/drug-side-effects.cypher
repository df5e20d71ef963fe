// A drug: what it can cause, and how many other drugs can cause it too
WITH 'cyclosporine' AS name
MATCH (drug:Drug) WHERE toLower(drug.name) = toLower(name)
MATCH (drug)-[:CAUSES]->(effect)
RETURN effect.name AS effect, [label IN labels(effect) WHERE NOT label STARTS WITH 'Kedrec'][0] AS kind, COUNT { (:Drug)-[:CAUSES]->(effect) } - 1 AS other_drugs
ORDER BY other_drugs, effect
