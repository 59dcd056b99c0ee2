"""What any OpenAI-compatible server is asked and what it answers, for models under test and for judges."""
