"""What is not the character's: control strings, other roles, other languages."""
