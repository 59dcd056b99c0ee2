"""How values depend on the prompt: formats, instructions, examples, and factors that cross."""
