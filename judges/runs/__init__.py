"""Judging the replies of a run."""
