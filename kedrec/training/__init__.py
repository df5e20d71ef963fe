"""LoRA tuning of the language model on rationales written from real evidence, and the graph embedding."""
