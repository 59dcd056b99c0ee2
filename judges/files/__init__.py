"""Judging replies and data sets that lie in files."""
