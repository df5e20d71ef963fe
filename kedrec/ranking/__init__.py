"""How well a drug fits a disease: degree-weighted path counts and the score made of them."""
