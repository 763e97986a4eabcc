"""Training: collect a brand's posts, prepare them, fit a LoRA adapter on the local model, evaluate it, register it."""
