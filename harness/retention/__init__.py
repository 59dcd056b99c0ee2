"""Capability retention: what a tuned checkpoint still can of what its base can, with and without the persona."""

from kikime.harness.retention.outcomes import lm_eval_outcomes, run_outcomes
from kikime.harness.retention.plan import with_and_without_persona
from kikime.harness.retention.report import retention_report

__all__ = ["lm_eval_outcomes", "retention_report", "run_outcomes", "with_and_without_persona"]
