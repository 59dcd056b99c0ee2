"""One run at a glance."""
