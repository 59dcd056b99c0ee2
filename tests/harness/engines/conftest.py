from tests.support.judging import server

__all__ = ["server"]
