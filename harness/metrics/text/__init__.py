"""Folding, sentences and numerals: what every metric reads a reply with."""
