"""Several runs on one scale."""
