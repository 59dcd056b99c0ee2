"""Queries on the tables of runs."""
