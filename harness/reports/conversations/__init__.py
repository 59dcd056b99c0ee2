"""What conversations show beside their turns: memory of what was said, and how people are addressed."""
