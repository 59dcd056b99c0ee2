"""Run directories: write-ahead log, tables, manifest, summary."""
