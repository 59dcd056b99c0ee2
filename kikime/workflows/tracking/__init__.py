"""Results in experiment trackers: summaries and curves over steps, by the trackers' own libraries."""
