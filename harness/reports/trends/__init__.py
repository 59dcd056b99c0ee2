"""Curves over the checkpoints of one training run."""
