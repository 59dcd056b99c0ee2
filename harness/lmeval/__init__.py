"""The tasks as lm-eval tasks, and lm-eval tasks on a loaded engine (lm-eval 0.4.13)."""
