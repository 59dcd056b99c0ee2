"""Many checkpoints in a row: those of a sweep's file, and those that a training run leaves behind."""
