"""Persona cards and the files that characters' lines come in."""
