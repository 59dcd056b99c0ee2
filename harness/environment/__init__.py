"""The machine: what works on it, and what of it a run records."""
