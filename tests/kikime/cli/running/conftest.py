"""An engine with canned replies, as a file that ``--engine`` takes."""

from tests.support.canned_engine import engine

__all__ = ["engine"]
