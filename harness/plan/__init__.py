"""From the grid to rendered, tokenised requests, before any engine loads."""
