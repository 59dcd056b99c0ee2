"""Fixtures of the tests of commands that judge."""

from tests.support.judging import server

__all__ = ["server"]
