// A disease: its treatments, genes, symptoms and place in the disease tree
WITH 'multiple sclerosis' AS name
MATCH (disease:Disease) WHERE toLower(disease.name) = toLower(name)
MATCH p = (disease)-[:TREATS|PALLIATES|ASSOCIATED_WITH|PRESENTS|LOCALIZES_TO|IS_A]-()
RETURN p
LIMIT 150
