"""The judge checked against people and traps."""
