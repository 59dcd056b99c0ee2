"""One call to a judge: client, limits, budget, cache."""
