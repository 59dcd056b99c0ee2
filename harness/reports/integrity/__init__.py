"""Whether a run is whole: its log against its tables, its tables against its summary, nothing lost, doubled or changed."""
