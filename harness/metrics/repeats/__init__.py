"""Repetition, copies of examples and echoes of the prompt."""
