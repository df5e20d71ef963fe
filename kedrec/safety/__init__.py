"""Safety of a drug in a disease: contraindications, side effects, predicted side effects."""
