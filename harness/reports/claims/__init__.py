"""One report per question about prompts."""
