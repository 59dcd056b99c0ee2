"""What the judge is asked and what its answer means."""
