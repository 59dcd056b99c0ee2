"""Generates, measures and logs what a plan asks for."""
