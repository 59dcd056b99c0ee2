"""What each command calls and a notebook can call."""
