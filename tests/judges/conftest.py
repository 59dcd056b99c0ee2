"""Fixtures of the judge's tests."""

from tests.support.judging import persona, server, settings

__all__ = ["persona", "server", "settings"]
