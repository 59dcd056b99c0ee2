"""Whether a reply says what its item expects."""
