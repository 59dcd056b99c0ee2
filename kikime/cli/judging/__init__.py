"""Commands that ask a judge."""
