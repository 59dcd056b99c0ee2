"""Two runs, pair by pair."""
