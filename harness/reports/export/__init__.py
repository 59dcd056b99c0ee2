"""Runs and comparisons in other people's formats."""
