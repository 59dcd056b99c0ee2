"""Rating replies by eye."""
