"""Judging many replies: sessions, batches, and the sentinel set."""
