"""What pages read from runs."""
