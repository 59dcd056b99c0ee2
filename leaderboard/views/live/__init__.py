"""A run that is going on."""
