"""The statistics as functions: tables in, records or tables out.

A ``seed`` makes every result reproducible, the order of rows and columns never matters, and a table with a hole in it
is refused by a ``ValueError`` that names the row.
"""

from kikime.harness.stats.agreement import agreement
from kikime.harness.stats.paired import paired_difference
from kikime.harness.stats.prompts.flexibility import flexibility
from kikime.harness.stats.ranking import rank_intervals

__all__ = ["agreement", "flexibility", "paired_difference", "rank_intervals"]
