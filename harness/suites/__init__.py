"""What is asked: tasks, suites and the grid of conditions."""
