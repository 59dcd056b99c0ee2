"""The pipeline: cards, suites, prompts, metrics, plan, engines, run, store, statistics, reports."""

__version__ = "0.2.0"
