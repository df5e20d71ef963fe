"""Tuning a LoRA adapter on path-grounded examples."""
