"""Fixtures of the tests of workflows that judge."""

from tests.support.judging import server, settings

__all__ = ["server", "settings"]
