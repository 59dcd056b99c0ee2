"""What everything else stands on: errors, YAML, hashes, requests."""
