"""The judge and how far to trust it."""
