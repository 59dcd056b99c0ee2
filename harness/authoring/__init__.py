"""Checks a persona card and drafts one from a character's lines."""
